import { listAt } from '../../lib/json.ts';
import type { RequestMatch } from '../../rollout/request-match.ts';
import type { Capabilities, RouteRef } from '../router.ts';
import { FIELDS } from './condition-entry.ts';
import { withExtras } from './extra-rules.ts';
import { matchesOf } from './precedence.ts';

/** What the API takes. */
const MAX_RULES = 16;
const MAX_MATCHES_IN_A_RULE = 64;
const MAX_MATCHES = 128;
/** Of headers, and of query parameters, in one match. */
const MAX_CONDITIONS = 16;

type Size = { readonly rules: number; readonly matches: number; readonly largest: number };

const sizeOf = (rules: readonly unknown[]): Size => {
  const counts = rules.map((rule) => matchesOf(rule).length);
  return {
    rules: rules.length,
    matches: counts.reduce((sum, count) => sum + count, 0),
    largest: Math.max(0, ...counts),
  };
};

/** What of these rules is more than the API takes, in words; undefined when it takes them. */
const excess = ({ rules, matches, largest }: Size): string | undefined => {
  if (rules > MAX_RULES) return `it would have ${rules} rules; want at most ${MAX_RULES}`;
  if (matches > MAX_MATCHES) return `its rules would have ${matches} matches; want at most ${MAX_MATCHES}`;
  if (largest <= MAX_MATCHES_IN_A_RULE) return undefined;
  return `a rule of it would have ${largest} matches; want at most ${MAX_MATCHES_IN_A_RULE}`;
};

/** Throws a RangeError when the API would not take these rules. */
export const assertTaken = (rules: readonly unknown[]): void => {
  const words = excess(sizeOf(rules));
  if (words !== undefined) throw new RangeError(`Cannot write the route: ${words}`);
};

/** An alternative like any other. */
const ANY_PIN: RequestMatch = [{ on: 'header', name: 'serin-any', op: 'exact', value: 'x' }];

/** How often `each` goes into what is left. */
const times = (left: number, each: number): number =>
  each === 0 ? MAX_RULES - 1 : Math.max(0, Math.floor(left / each));

/** How much can be pinned beside these rules, of which none is an extra, while requests may be mirrored as well. */
export const pinLimitsOf = (
  rules: readonly unknown[],
  { ref, mayMirror }: { readonly ref: RouteRef; readonly mayMirror: boolean },
): NonNullable<Capabilities['pinLimits']> => {
  const sizeWith = (...pinned: readonly RequestMatch[]): Size =>
    sizeOf(withExtras(rules, { ref, pinned, mirror: mayMirror ? 100 : undefined }).rules);
  // Each alternative adds as much as the first.
  const [none, one] = [sizeWith(), sizeWith(ANY_PIN)];
  const matches = Math.min(
    times(MAX_RULES - none.rules, one.rules - none.rules),
    times(MAX_MATCHES - none.matches, one.matches - none.matches),
    one.largest > MAX_MATCHES_IN_A_RULE ? 0 : MAX_RULES,
  );
  const taken = rules.flatMap(matchesOf).flatMap((match) => FIELDS.map((field) => listAt(match, field).length));
  return { matches, conditions: MAX_CONDITIONS - Math.max(0, ...taken) };
};
