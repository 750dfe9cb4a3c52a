import type { Condition } from '../router.ts';
import { literalOf, literalPattern } from './literal-pattern.ts';

/** What may stand before and after one cookie in the header `cookie`, and the rest of its value. */
const BEFORE = '(?:.*;)?\\s*';
const AFTER = '\\s*(?:;.*)?';
const REST = '[^;]*';

/** How cookies can be told where there is a pattern over the whole header only: a pattern of users may run beyond. */
export const COOKIE_OPS = ['exact', 'prefix'] as const;

/** Pattern over the whole header `cookie` for a condition on one cookie, exact or by prefix. */
export const cookiePattern = ({ name, op, value }: Condition): string =>
  `${BEFORE}${literalPattern(name)}=${literalPattern(value)}${op === 'prefix' ? REST : ''}${AFTER}`;

/** The condition that a pattern of `cookiePattern` stands for; undefined for any other pattern. */
export const cookieCondition = (pattern: string): Condition | undefined => {
  if (!pattern.startsWith(BEFORE) || !pattern.endsWith(AFTER)) return undefined;
  const body = pattern.slice(BEFORE.length, pattern.length - AFTER.length);
  const isPrefix = body.endsWith(REST);
  const [written = '', ...values] = (isPrefix ? body.slice(0, -REST.length) : body).split('=');
  const [name, value] = [literalOf(written), literalOf(values.join('='))];
  if (name === undefined || value === undefined || values.length === 0) return undefined;
  return { on: 'cookie', name, op: isPrefix ? 'prefix' : 'exact', value };
};
