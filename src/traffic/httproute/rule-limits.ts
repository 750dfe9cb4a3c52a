import { listAt } from '../../lib/json.ts';
import type { Capabilities, Condition, RouteRef } from '../router.ts';
import { withExtras } from './extra-rules.ts';
import { matchesOf } from './precedence.ts';

/** What the API takes. */
const MAX_RULES = 16;
const MAX_MATCHES_IN_A_RULE = 64;
const MAX_MATCHES = 128;
/** Of headers, and of query parameters, in one match. */
const MAX_CONDITIONS = 16;

/** What of these rules is more than the API takes, in words; undefined when it takes them. */
const excess = (rules: readonly unknown[]): string | undefined => {
  const matches = rules.map((rule) => matchesOf(rule).length);
  const total = matches.reduce((sum, count) => sum + count, 0);
  const largest = Math.max(0, ...matches);
  if (rules.length > MAX_RULES) return `it would have ${rules.length} rules; want at most ${MAX_RULES}`;
  if (total > MAX_MATCHES) return `its rules would have ${total} matches; want at most ${MAX_MATCHES}`;
  if (largest <= MAX_MATCHES_IN_A_RULE) return undefined;
  return `a rule of it would have ${largest} matches; want at most ${MAX_MATCHES_IN_A_RULE}`;
};

/** Throws a RangeError when the API would not take these rules. */
export const assertTaken = (rules: readonly unknown[]): void => {
  const words = excess(rules);
  if (words !== undefined) throw new RangeError(`Cannot write the route: ${words}`);
};

/** How much can be pinned beside these rules, of which none is an extra, while requests may be mirrored as well. */
export const pinLimitsOf = (
  rules: readonly unknown[],
  { ref, mayMirror }: { readonly ref: RouteRef; readonly mayMirror: boolean },
): NonNullable<Capabilities['pinLimits']> => {
  const alternatives = Array.from({ length: MAX_RULES }, (_, index): readonly Condition[] => [
    { on: 'header', name: `serin-${index}`, op: 'exact', value: 'x' },
  ]);
  const fits = (count: number): boolean => {
    const pinned = alternatives.slice(0, count);
    return excess(withExtras(rules, { ref, pinned, mirror: mayMirror ? 100 : undefined }).rules) === undefined;
  };
  const counts = alternatives.map((_, index) => index + 1);
  const firstExcess = counts.find((count) => !fits(count)) ?? MAX_RULES;
  const taken = rules
    .flatMap(matchesOf)
    .flatMap((match) => [listAt(match, 'headers').length, listAt(match, 'queryParams').length]);
  return { matches: firstExcess - 1, conditions: MAX_CONDITIONS - Math.max(0, ...taken) };
};
