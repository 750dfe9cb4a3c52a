import type { Problem } from '../api/problem.ts';
import { isRecord, type JsonRecord, recordAt, stringAt } from '../lib/json.ts';
import type { ValueMatch } from '../rollout/request-match.ts';
import type { RouteOptions } from './router.ts';

type Op = ValueMatch['op'];
const OPS: readonly Op[] = ['exact', 'prefix', 'regex'];

/** A header or query parameter that is compared, or, inverted, that must not be so. */
export type NamedMatch = ValueMatch & { readonly name: string; readonly inverted: boolean };

/** One entry of `spec.service.match`: everything in it must hold. */
export type HttpMatch = {
  readonly uri?: ValueMatch | undefined;
  readonly ignoreUriCase: boolean;
  readonly method?: ValueMatch | undefined;
  readonly scheme?: ValueMatch | undefined;
  readonly headers: readonly NamedMatch[];
  readonly query: readonly NamedMatch[];
};

/** What a plane can match by: for each field of Istio's shape the operators that it has there. */
export type MatchForms = {
  readonly plane: string;
  readonly uri: readonly Op[];
  readonly method: readonly Op[];
  readonly scheme: readonly Op[];
  readonly headers: readonly Op[];
  readonly withoutHeaders: readonly Op[];
  readonly queryParams: readonly Op[];
  readonly ignoreUriCase: boolean;
};

const FIELDS = ['uri', 'method', 'scheme', 'headers', 'withoutHeaders', 'queryParams'] as const;

/** An entry without conditions: every request. */
const EVERY: HttpMatch = { ignoreUriCase: false, headers: [], query: [] };

const valueMatch = (value: unknown): ValueMatch | undefined => {
  const given = OPS.flatMap((op): readonly ValueMatch[] => {
    const text = stringAt(value, op);
    return text === undefined ? [] : [{ op, value: text }];
  });
  return given.length === 1 ? given[0] : undefined;
};

const named = (entry: JsonRecord, { field, inverted }: { field: string; inverted: boolean }): readonly NamedMatch[] =>
  Object.entries(recordAt(entry, field)).flatMap(([name, value]) => {
    const match = valueMatch(value);
    return match === undefined ? [] : [{ name, inverted, ...match }];
  });

/** The entries of `spec.service.match`, of which any may hold; one that every request fits where there are none. */
export const matchesOf = ({ match = [] }: RouteOptions): readonly HttpMatch[] =>
  match.length === 0
    ? [EVERY]
    : match.map((entry) => ({
        uri: valueMatch(entry['uri']),
        ignoreUriCase: entry['ignoreUriCase'] === true,
        method: valueMatch(entry['method']),
        scheme: valueMatch(entry['scheme']),
        headers: [
          ...named(entry, { field: 'headers', inverted: false }),
          ...named(entry, { field: 'withoutHeaders', inverted: true }),
        ],
        query: named(entry, { field: 'queryParams', inverted: false }),
      }));

const valueProblem = (value: unknown, { ops, plane }: { ops: readonly Op[]; plane: string }): string | undefined => {
  const match = valueMatch(value);
  if (match === undefined) return `it does not say what to compare with; want one of ${ops.join(', ')}`;
  return ops.includes(match.op) ? undefined : `${plane} cannot match it by ${match.op}; want ${ops.join(' or ')}`;
};

const fieldProblems = (
  entry: JsonRecord,
  { field, forms, where }: { field: (typeof FIELDS)[number]; forms: MatchForms; where: string },
): readonly Problem[] => {
  const value = entry[field];
  const ops = forms[field];
  if (value === undefined || ops.length === 0) return [];
  const values = field === 'uri' || field === 'method' || field === 'scheme' ? { '': value } : recordAt(entry, field);
  return Object.entries(values).flatMap(([name, item]): readonly Problem[] => {
    const message = valueProblem(item, { ops, plane: forms.plane });
    const place = name === '' ? `${where}.${field}` : `${where}.${field}.${name}`;
    return message === undefined ? [] : [{ where: place, message, reason: 'InvalidSpec' }];
  });
};

/** What of `spec.service.match` the plane cannot express, each by its place. */
export const matchProblems = ({ match = [] }: RouteOptions, forms: MatchForms): readonly Problem[] => {
  const known: readonly string[] = [
    ...FIELDS.filter((field) => forms[field].length > 0),
    ...(forms.ignoreUriCase ? ['ignoreUriCase'] : []),
  ];
  return match.flatMap((entry, index): readonly Problem[] => {
    if (!isRecord(entry)) return [];
    const where = `spec.service.match[${index}]`;
    // A name is for people: it matches nothing.
    const unknown = Object.keys(entry).filter((field) => field !== 'name' && !known.includes(field));
    return [
      ...unknown.map((field): Problem => {
        const message = `${forms.plane} cannot match by ${field}; want ${known.join(', ')}`;
        return { where: `${where}.${field}`, message, reason: 'InvalidSpec' };
      }),
      ...FIELDS.flatMap((field) => fieldProblems(entry, { field, forms, where })),
    ];
  });
};
