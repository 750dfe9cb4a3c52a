import type { JsonRecord } from '../../lib/json.ts';
import { recordAt, sameJson } from '../../lib/json.ts';
import type { Condition, RequestMatch } from '../../rollout/request-match.ts';
import { cookieOf, cookieRegex } from '../cookie-regex.ts';
import { excludes, stringMatch, valueMatchOf } from './string-match.ts';

/** Where Istio's match keeps a condition: `headers` or `queryParams`, by name. */
const placeOf = (
  condition: Condition,
): { readonly field: string; readonly key: string; readonly match: JsonRecord } => {
  const { on, name, op, value } = condition;
  if (on === 'cookie') return { field: 'headers', key: 'cookie', match: { regex: cookieRegex(name, condition) } };
  const match = stringMatch({ op, value });
  // Istio wants lower-case header names.
  return on === 'header'
    ? { field: 'headers', key: name.toLowerCase(), match }
    : { field: 'queryParams', key: name, match };
};

const FIELDS = ['headers', 'queryParams'] as const;
const conflict = (field: string, key: string): RangeError => {
  const what = field === 'headers' ? `header ${key}` : `query parameter ${key}`;
  return new RangeError(
    `Cannot write the route: Istio compares ${what} once in a match, and it is compared there already; want pins by another one`,
  );
};

/**
 * A match of a route, narrowed to the requests of which every condition holds; undefined when there are none. What
 * cannot be said in one match throws a RangeError.
 */
export const pinnedMatch = (match: JsonRecord, conditions: RequestMatch): JsonRecord | undefined => {
  const result: Record<string, unknown> = { ...match };
  for (const condition of conditions) {
    const { field, key, match: wanted } = placeOf(condition);
    const taken = recordAt(result, field)[key];
    if (taken !== undefined) {
      const [one, other] = [valueMatchOf(taken), valueMatchOf(wanted)];
      if (one !== undefined && other !== undefined && excludes(one, other)) return undefined;
      throw conflict(field, key);
    }
    result[field] = { ...recordAt(result, field), [key]: wanted };
  }
  return result;
};

const conditionOf = (field: string, name: string, match: unknown): Condition | undefined => {
  const value = valueMatchOf(match);
  if (value === undefined) return undefined;
  const cookie = field === 'headers' && name === 'cookie' && value.op === 'regex' ? cookieOf(value.value) : undefined;
  if (cookie !== undefined) return { on: 'cookie', ...cookie };
  return { on: field === 'headers' ? 'header' : 'query', name, ...value };
};

/** The conditions by which `narrowed` is a narrowing of `match`; undefined when it is none. */
export const conditionsOf = (narrowed: JsonRecord, match: JsonRecord): RequestMatch | undefined => {
  const rest = ({ headers: _, queryParams: __, ...fields }: JsonRecord): JsonRecord => fields;
  if (!sameJson(rest(narrowed), rest(match))) return undefined;
  const conditions: Condition[] = [];
  for (const field of FIELDS) {
    const before = recordAt(match, field);
    const after = recordAt(narrowed, field);
    if (Object.entries(before).some(([key, value]) => !sameJson(after[key], value))) return undefined;
    for (const [key, value] of Object.entries(after)) {
      if (before[key] !== undefined) continue;
      const condition = conditionOf(field, key, value);
      if (condition === undefined) return undefined;
      conditions.push(condition);
    }
  }
  return conditions;
};
