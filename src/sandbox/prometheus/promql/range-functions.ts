/** The samples of one series in a range; times in ms. Never empty. */
export type RangeWindow = {
  readonly samples: readonly { readonly time: number; readonly value: number }[];
  readonly start: number;
  readonly end: number;
};

/** A function of a range vector: one number per series, or undefined when the samples do not suffice. */
export type RangeFunction = (window: RangeWindow) => number | undefined;

/**
 * What `rate`, `increase` and `delta` have in common, as Prometheus 3 does it (promql/functions.go,
 * extrapolatedRate): the difference of last and first sample is stretched to the edges of the range, where a sample
 * is near enough, else by half the average distance; a counter is never stretched below zero.
 */
const extrapolated = (window: RangeWindow, counter: boolean): number | undefined => {
  const { samples, start, end } = window;
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || samples.length < 2) return undefined;
  const change = counter ? counterIncrease(samples) : last.value - first.value;
  const covered = last.time - first.time;
  const spacing = covered / (samples.length - 1);
  const near = spacing * 1.1;
  let before = first.time - start;
  if (before >= near) before = spacing / 2;
  if (counter && change > 0 && first.value >= 0) before = Math.min(before, covered * (first.value / change));
  let after = end - last.time;
  if (after >= near) after = spacing / 2;
  return change * ((covered + before + after) / covered);
};

/** What a counter has gone up by, resets included: after one, the new value counts. */
const counterIncrease = (samples: RangeWindow['samples']): number => {
  let total = 0;
  let previous = samples[0]?.value ?? 0;
  for (const { value } of samples.slice(1)) {
    total += value < previous ? value : value - previous;
    previous = value;
  }
  return total;
};

/** Between the last two samples, as `irate` and `idelta` look at it. */
const lastTwo = (
  window: RangeWindow,
): { readonly from: number; readonly to: number; readonly ms: number } | undefined => {
  const from = window.samples.at(-2);
  const to = window.samples.at(-1);
  return from === undefined || to === undefined
    ? undefined
    : { from: from.value, to: to.value, ms: to.time - from.time };
};

const perSecond = (window: RangeWindow, change: number | undefined): number | undefined =>
  change === undefined ? undefined : change / ((window.end - window.start) / 1000);

const countSteps = (window: RangeWindow, counts: (before: number, after: number) => boolean): number =>
  window.samples.reduce((total, { value }, index) => {
    const before = window.samples[index - 1]?.value;
    return before !== undefined && counts(before, value) ? total + 1 : total;
  }, 0);

const sum = (window: RangeWindow): number => window.samples.reduce((total, { value }) => total + value, 0);

/** `pick` of two numbers over all samples; NaN only when there is nothing else. */
const extreme = (window: RangeWindow, pick: (a: number, b: number) => number): number =>
  window.samples.reduce(
    (best, { value }) => (Number.isNaN(best) ? value : Number.isNaN(value) ? best : pick(best, value)),
    Number.NaN,
  );

export const RANGE_FUNCTIONS: Readonly<Record<string, RangeFunction>> = {
  rate: (window) => perSecond(window, extrapolated(window, true)),
  increase: (window) => extrapolated(window, true),
  delta: (window) => extrapolated(window, false),
  irate: (window) => {
    const step = lastTwo(window);
    return step && (step.to < step.from ? step.to : step.to - step.from) / (step.ms / 1000);
  },
  idelta: (window) => {
    const step = lastTwo(window);
    return step && step.to - step.from;
  },
  resets: (window) => countSteps(window, (before, after) => after < before),
  changes: (window) =>
    countSteps(window, (before, after) => after !== before && !(Number.isNaN(before) && Number.isNaN(after))),
  last_over_time: (window) => window.samples.at(-1)?.value,
  count_over_time: (window) => window.samples.length,
  sum_over_time: sum,
  avg_over_time: (window) => sum(window) / window.samples.length,
  min_over_time: (window) => extreme(window, Math.min),
  max_over_time: (window) => extreme(window, Math.max),
};
