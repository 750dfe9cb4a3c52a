import type { JsonRecord } from '../../lib/json.ts';
import { listAt, stringAt } from '../../lib/json.ts';

/** True where the API takes one match in a rule only, because a filter replaces the prefix that has matched. */
const replacesPrefix = (rule: JsonRecord): boolean =>
  [rule, ...listAt(rule, 'backendRefs')]
    .flatMap((holder) => listAt(holder, 'filters'))
    .some((filter) => stringAt(filter, 'urlRewrite', 'path', 'type') === 'ReplacePrefixMatch');

/** Copies of a rule for these matches. The name goes: it must be the only one of the route. */
export const copies = (
  base: JsonRecord,
  { matches, fields }: { readonly matches: readonly JsonRecord[]; readonly fields: JsonRecord },
): readonly JsonRecord[] => {
  const { name: _, ...rule } = base;
  const parts = replacesPrefix(rule) ? matches.map((match) => [match]) : [matches];
  return parts.filter((part) => part.length > 0).map((part) => ({ ...rule, matches: part, ...fields }));
};
