const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Text that `durationMs` accepts: `30s`, `1m30s`, `1h`; as Go's durations without fractions. */
export const DURATION_PATTERN = '^([0-9]{1,7}(ms|s|m|h))+$';

/** Milliseconds of a duration such as `1m30s`. Throws a RangeError that says what would be right. */
export const durationMs = (text: string): number => {
  if (!new RegExp(DURATION_PATTERN).test(text)) {
    throw new RangeError(`Cannot read duration "${text}": want numbers with ms, s, m or h, such as 30s or 1m30s`);
  }
  let total = 0;
  for (const [, count, unit] of text.matchAll(/([0-9]+)(ms|s|m|h)/g)) {
    if (unit === 'ms' || unit === 's' || unit === 'm' || unit === 'h') total += Number(count) * UNITS[unit];
  }
  return total;
};
