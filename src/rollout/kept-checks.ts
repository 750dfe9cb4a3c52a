import type { CheckStatus } from '../api/canary-status.ts';
import { CAPS } from './limits.ts';

const cut = (text: string): string => (text.length <= CAPS.text ? text : `${text.slice(0, CAPS.text - 1)}…`);

/** The check as a status can hold it: texts cut to size, and no number that JSON has none for. */
export const trimmed = ({ message, query, value, ...check }: CheckStatus): CheckStatus => ({
  ...check,
  ...(value === undefined || !Number.isFinite(value) ? {} : { value }),
  ...(message === undefined ? {} : { message: cut(message) }),
  ...(query === undefined ? {} : { query: cut(query) }),
});

/** Where the first check is whose loss says least: neither its metric's first or last one nor a failure. */
const leastTelling = (checks: readonly CheckStatus[]): number => {
  const inside = (check: CheckStatus, index: number): boolean =>
    checks.findIndex(({ name }) => name === check.name) < index &&
    checks.findLastIndex(({ name }) => name === check.name) > index;
  const passing = checks.findIndex((check, index) => check.verdict === 'pass' && inside(check, index));
  if (passing >= 0) return passing;
  const any = checks.findIndex(inside);
  return any >= 0 ? any : 0;
};

/** `kept` with a window's checks added and thinned to its cap: firsts, lasts and failures stay longest. */
export const keepChecks = (kept: readonly CheckStatus[], checks: readonly CheckStatus[]): readonly CheckStatus[] => {
  const all = [...kept, ...checks.map(({ query: _, ...check }) => check)];
  while (all.length > CAPS.keptChecks) all.splice(leastTelling(all), 1);
  return all;
};
