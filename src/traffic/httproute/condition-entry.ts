import type { JsonRecord } from '../../lib/json.ts';
import { stringAt } from '../../lib/json.ts';
import { literalOf, literalPattern } from '../../lib/literal-pattern.ts';
import type { Condition } from '../../rollout/request-match.ts';
import { cookieOf, cookieRegex } from '../cookie-regex.ts';

/** The two lists of a match that take conditions. */
export const FIELDS = ['headers', 'queryParams'] as const;
export type Field = (typeof FIELDS)[number];

/**
 * Regular expressions carry their anchors: some planes compare them with the whole value (Envoy), others find them
 * anywhere in it (Traefik), and the API leaves it to them.
 */
const anchored = (pattern: string): string => `^${pattern}$`;
const unanchored = (pattern: string): string | undefined =>
  pattern.startsWith('^') && pattern.endsWith('$') ? pattern.slice(1, -1) : undefined;

const patternOf = (condition: Condition): string | undefined => {
  const { on, name, op, value } = condition;
  if (on === 'cookie') return anchored(cookieRegex(name, condition));
  if (op === 'regex') return anchored(`(?:${value})`);
  if (op === 'prefix') return anchored(`${literalPattern(value)}.*`);
  // The API takes no empty value.
  return value === '' ? anchored('') : undefined;
};

/** The list of a match that a condition belongs to, and its entry there. Cookies are looked for in their header. */
export const entryOf = (condition: Condition): { readonly field: Field; readonly entry: JsonRecord } => {
  const pattern = patternOf(condition);
  const name = condition.on === 'cookie' ? 'cookie' : condition.name;
  return {
    field: condition.on === 'query' ? 'queryParams' : 'headers',
    entry:
      pattern === undefined
        ? { type: 'Exact', name, value: condition.value }
        : { type: 'RegularExpression', name, value: pattern },
  };
};

/** The condition that an entry stands for: `entryOf` backwards. Any other regular expression stands for itself. */
export const conditionOf = (field: Field, entry: unknown): Condition => {
  const on = field === 'headers' ? 'header' : 'query';
  const name = stringAt(entry, 'name') ?? '';
  const value = stringAt(entry, 'value') ?? '';
  if (stringAt(entry, 'type') !== 'RegularExpression') return { on, name, op: 'exact', value };
  const pattern = unanchored(value);
  if (pattern === undefined) return { on, name, op: 'regex', value };
  if (pattern === '') return { on, name, op: 'exact', value: '' };
  const cookie = on === 'header' && name === 'cookie' ? cookieOf(pattern) : undefined;
  if (cookie !== undefined) return { on: 'cookie', ...cookie };
  if (pattern.startsWith('(?:') && pattern.endsWith(')')) return { on, name, op: 'regex', value: pattern.slice(3, -1) };
  const prefix = pattern.endsWith('.*') ? literalOf(pattern.slice(0, -2)) : undefined;
  return prefix === undefined ? { on, name, op: 'regex', value } : { on, name, op: 'prefix', value: prefix };
};
