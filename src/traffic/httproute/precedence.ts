import type { JsonRecord } from '../../lib/json.ts';
import { isRecord, listAt, sameJson, stringAt } from '../../lib/json.ts';
import { FIELDS } from './condition-entry.ts';
import { excludes, nameIn } from './narrowed-match.ts';

/** The default of the API: everything. */
const EVERYTHING: JsonRecord = { path: { type: 'PathPrefix', value: '/' } };

/** Matches of a rule; without any, it takes every request. */
export const matchesOf = (rule: unknown): readonly JsonRecord[] => {
  const matches = listAt(rule, 'matches').filter(isRecord);
  return matches.length === 0 ? [EVERYTHING] : matches;
};

const pathOf = (match: JsonRecord): unknown => [
  stringAt(match, 'path', 'type') ?? 'PathPrefix',
  stringAt(match, 'path', 'value') ?? '/',
];

/** What decides between two matches of the same path: a method, then the number of headers, then of query parameters. */
const rankOf = (match: JsonRecord): readonly number[] => [
  match['method'] === undefined ? 0 : 1,
  listAt(match, 'headers').length,
  listAt(match, 'queryParams').length,
];

/** Positive when `a` goes before `b`, 0 when their order in the route decides. */
const compare = (a: JsonRecord, b: JsonRecord): number => {
  const [ofA, ofB] = [rankOf(a), rankOf(b)];
  return ofA.map((rank, index) => rank - (ofB[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
};

/** False when no request fits both. */
const overlap = (a: JsonRecord, b: JsonRecord): boolean => {
  if (a['method'] !== undefined && b['method'] !== undefined && a['method'] !== b['method']) return false;
  return FIELDS.every((field) =>
    listAt(a, field).every((entry) => {
      const same = listAt(b, field).find((other) => nameIn(field, other) === nameIn(field, entry));
      return same === undefined || !excludes(entry, same);
    }),
  );
};

/** A match of a rule of ours, and whether the rule in question stands before that rule. */
type Holder = { readonly match: JsonRecord; readonly isBehind: boolean };

/**
 * True when a match, standing at the end of the route, takes requests that went to `other` so far. Precedence goes by how
 * specific a match is, so that a narrower one may overtake; not, though, where one of ours, which held the same requests
 * before, went first already.
 */
export const overtakes = (
  narrower: JsonRecord,
  { other, holders }: { readonly other: JsonRecord; readonly holders: readonly Holder[] },
): boolean =>
  sameJson(pathOf(narrower), pathOf(other)) &&
  overlap(narrower, other) &&
  compare(narrower, other) > 0 &&
  holders.every(({ match, isBehind }) => {
    const order = compare(other, match);
    return order > 0 || (order === 0 && isBehind);
  });
