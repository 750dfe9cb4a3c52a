import type { JsonRecord } from '../../lib/json.ts';
import { isRecord, listAt, sameJson, stringAt } from '../../lib/json.ts';
import type { Condition, RequestMatch } from '../../rollout/request-match.ts';
import { conditionOf, entryOf, FIELDS, type Field } from './condition-entry.ts';

/** The API compares header names without their case. */
export const nameIn = (field: Field, entry: unknown): string => {
  const name = stringAt(entry, 'name') ?? '';
  return field === 'headers' ? name.toLowerCase() : name;
};

const isExact = (entry: unknown): boolean => (stringAt(entry, 'type') ?? 'Exact') === 'Exact';

/** True when no value passes both entries. Regular expressions are not compared. */
export const excludes = (a: unknown, b: unknown): boolean =>
  isExact(a) && isExact(b) && stringAt(a, 'value') !== stringAt(b, 'value');

/** Names are tokens (RFC 9110); a backtick ends a value in the rules that Traefik makes of it. */
const assertWritable = ({ name, value }: Condition): void => {
  if (/^[A-Za-z0-9!#$%&'*+\-.^_|~]+$/.test(name) && !/[`\r\n]/.test(value)) return;
  throw new RangeError(
    `Cannot write the route: ${JSON.stringify(`${name}: ${value}`)} cannot be matched; want a name of letters, digits and hyphens, and a value without backticks and line breaks`,
  );
};

/**
 * A match of a rule, narrowed to the requests of which every condition holds; undefined when there can be none. The API
 * takes one entry of each name, of which a second throws a RangeError.
 */
export const narrowed = (match: JsonRecord, conditions: RequestMatch): JsonRecord | undefined => {
  if (conditions.length === 0)
    throw new RangeError('Cannot write the route: a match has no condition; want one at least');
  let result = match;
  for (const condition of conditions) {
    assertWritable(condition);
    const { field, entry } = entryOf(condition);
    const entries = listAt(result, field);
    const taken = entries.find((other) => nameIn(field, other) === nameIn(field, entry));
    if (taken !== undefined) {
      if (excludes(taken, entry)) return undefined;
      const what =
        field === 'headers'
          ? `header ${condition.on === 'cookie' ? 'cookie' : condition.name}`
          : `query parameter ${condition.name}`;
      throw new RangeError(
        `Cannot write the route: the API compares ${what} once in a match, and it is compared there already; want one condition on it`,
      );
    }
    result = { ...result, [field]: [...entries, entry] };
  }
  return result;
};

const rest = ({ headers: _, queryParams: __, method: ___, ...fields }: JsonRecord): JsonRecord => fields;

/** The conditions by which a match is a narrowing of another, whatever method it adds; undefined when it is none. */
export const conditionsBeyond = (match: JsonRecord, base: JsonRecord): RequestMatch | undefined => {
  if (!sameJson(rest(match), rest(base))) return undefined;
  if (base['method'] !== undefined && base['method'] !== match['method']) return undefined;
  const conditions: Condition[] = [];
  for (const field of FIELDS) {
    const known = listAt(base, field);
    const entries = listAt(match, field);
    if (!known.every((entry) => entries.some((other) => sameJson(entry, other)))) return undefined;
    const more = entries.filter((entry) => isRecord(entry) && !known.some((other) => sameJson(entry, other)));
    conditions.push(...more.map((entry) => conditionOf(field, entry)));
  }
  return conditions;
};
