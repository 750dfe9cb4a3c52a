import type { CheckStatus } from '../api/canary-status.ts';
import type { MetricCheck } from '../rollout/metric-check.ts';
import { apart, numberText, withUnit } from '../rollout/number-text.ts';

/** A number, or why there is none. `about` says what it was taken from, in words. */
export type Reading =
  | { readonly value: number; readonly about?: string }
  /** `hopeless`: nor will there be any for later windows of this length. */
  | { readonly noData: string; readonly hopeless?: true }
  | { readonly error: string };

export type Verdict = { readonly verdict: CheckStatus['verdict']; readonly message: string };

/**
 * Holds a reading against the limits of its check, as Flagger does: below `min` or above `max` fails. The message
 * says value, limit and unit. A reading that is no finite number is never a pass.
 */
export const judgeReading = (check: MetricCheck, reading: Reading): Verdict => {
  if ('error' in reading) return { verdict: 'error', message: sentence(reading.error) };
  if ('noData' in reading) return noData(check, reading.noData);
  const { min, max, unit } = check;
  const { value, about } = reading;
  if (min === undefined && max === undefined)
    return { verdict: 'error', message: 'No limit to hold the value against' };
  if (Number.isNaN(value)) return noData(check, 'not a number (NaN)');
  const why = about === undefined ? '' : `: ${about}`;
  if (min !== undefined && value < min) {
    return {
      verdict: 'fail',
      message: `${apart(value, { limit: min, unit })} is below the minimum of ${withUnit(min, unit)}${why}`,
    };
  }
  if (max !== undefined && value > max) {
    return {
      verdict: 'fail',
      message: `${apart(value, { limit: max, unit })} is above the maximum of ${withUnit(max, unit)}${why}`,
    };
  }
  // Something divided by nothing: it breaks no limit, and shows nothing either.
  if (!Number.isFinite(value)) return noData(check, `${value > 0 ? '+' : '-'}Inf is no measurement`);
  const limits = [
    ...(min === undefined ? [] : [`at least ${withUnit(min, unit)}`]),
    ...(max === undefined ? [] : [`at most ${withUnit(max, unit)}`]),
  ];
  return { verdict: 'pass', message: `${withUnit(value, unit)}, want ${limits.join(' and ')}${why}` };
};

const noData = (check: MetricCheck, why: string): Verdict =>
  check.noData === 'fail'
    ? { verdict: 'fail', message: `No data, which counts as failed: ${why}` }
    : { verdict: 'noData', message: `No data: ${why}` };

export const requestsText = (count: number): string => `${numberText(count)} ${count === 1 ? 'request' : 'requests'}`;

export const durationText = (ms: number): string => `${numberText(ms / 1000)} s`;

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
