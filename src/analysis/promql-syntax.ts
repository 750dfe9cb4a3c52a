import { parser } from '@prometheus-io/lezer-promql';

/** Where a query stops being PromQL: `position` counts characters from 0. */
export type PromqlSyntaxError = { readonly position: number; readonly detail: string };

/** The first place where `query` is no PromQL, with the text around it; undefined when it parses. */
export const promqlSyntaxError = (query: string): PromqlSyntaxError | undefined => {
  if (query.trim() === '') return { position: 0, detail: 'the query is empty' };
  let position: number | undefined;
  parser.parse(query).iterate({
    enter: (node) => {
      if (node.type.isError && position === undefined) position = node.from;
      return position === undefined;
    },
  });
  if (position === undefined) return undefined;
  const before = query.slice(Math.max(0, position - 20), position);
  const after = query.slice(position, position + 20);
  return {
    position,
    detail: after.trim() === '' ? `unexpected end after "${before}"` : `unexpected "${after}" after "${before}"`,
  };
};
