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

/**
 * True when a match that is narrower than `base`, standing at the end of the route, takes requests that `base` has left
 * to `other` so far: precedence goes by how specific a match is, so that a narrower one may overtake.
 */
export const overtakes = (
  narrower: JsonRecord,
  { base, other, isBefore }: { readonly base: JsonRecord; readonly other: JsonRecord; readonly isBefore: boolean },
): boolean => {
  if (!sameJson(pathOf(base), pathOf(other)) || !overlap(narrower, other)) return false;
  const order = compare(other, base);
  const goesFirst = order > 0 || (order === 0 && isBefore);
  return goesFirst && compare(narrower, other) > 0;
};
