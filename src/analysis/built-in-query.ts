import type { MetricSelectors } from '../rollout/metric-check.ts';

/** How far back the state before the window is looked for: Prometheus' own look-back. */
const LOOKBACK = '5m';

/** `30s`, or `1500ms` where seconds do not suffice. */
export const promqlDuration = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000}s` : `${Math.round(ms)}ms`);

/**
 * What each series of a counter went up by in the window of `windowMs` that ends at the evaluation time, as PromQL.
 *
 * `rate` and `increase` need two samples, guess at the edges of the window, and count a series that is born inside it
 * from its first sample on, so that the errors of a canary that fails at once are lost. Here one sample before and
 * one inside the window suffice and counts are whole numbers:
 * - last sample inside the window minus last sample before it; the two ranges do not overlap;
 * - a series without a sample before the window is new: it counts from zero;
 * - a series that was reset in the window counts what came since: too little, never too much, never negative;
 * - `last_over_time` sees past staleness markers, so that a pod that is gone by the end of the window still counts,
 *   and one failed scrape does not make a series look new.
 */
const increase = (selector: string, windowMs: number): string => {
  const window = promqlDuration(windowMs);
  const last = `last_over_time(${selector}[${window}])`;
  const before = `last_over_time(${selector}[${LOOKBACK}] offset ${window})`;
  return `((${last} - ${before} >= 0) unless (resets(${selector}[${window}]) > 0)) or ${last}`;
};

/** How many events a counter saw in the window: always one number, 0 when there is no series. */
export const countQuery = (selector: string, windowMs: number): string =>
  `sum(${increase(selector, windowMs)}) or vector(0)`;

/** The 99th percentile of a histogram over the window, in the unit of its buckets; NaN without observations. */
export const durationQuery = (buckets: NonNullable<MetricSelectors['durationBuckets']>, windowMs: number): string =>
  `histogram_quantile(0.99, sum by (le) (${increase(buckets.selector, windowMs)}))`;
