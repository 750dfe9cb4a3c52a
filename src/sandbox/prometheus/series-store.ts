import { type Labels, labelKey, METRIC_NAME } from './labels.ts';
import { type Matcher, matchesAll } from './matcher.ts';

/** `value` null is a staleness marker: from here on the series is not there, until its next sample. */
export type Sample = { readonly time: number; readonly value: number | null };

/** One time series; samples in order of time, ms since the epoch. */
export type Series = { readonly labels: Labels; readonly samples: readonly Sample[] };

type Stored = { readonly labels: Labels; readonly samples: Sample[] };

/** Time series in memory. Samples older than the retention are forgotten as new ones come in. */
export class SeriesStore {
  readonly #retentionMs: number;
  /** Metric name → label key → series. */
  readonly #metrics = new Map<string, Map<string, Stored>>();

  constructor(options: { readonly retentionMs?: number } = {}) {
    this.#retentionMs = options.retentionMs ?? 2 * 3_600_000;
  }

  /**
   * Adds one sample; null marks the series stale. A sample that is not newer than the last one of its series is
   * dropped, as Prometheus drops it; then the answer is false.
   */
  append(labels: Labels, sample: Sample): boolean {
    const { samples } = this.#series(labels);
    const last = samples.at(-1);
    if (last !== undefined && last.time >= sample.time) return false;
    samples.push(sample);
    const oldest = sample.time - this.#retentionMs;
    const kept = samples.findIndex((one) => one.time >= oldest);
    // In batches, so that a long run does not move the whole list for every sample.
    if (kept > 256) samples.splice(0, kept);
    return true;
  }

  /** Every series that all matchers accept. */
  select(matchers: readonly Matcher[]): readonly Series[] {
    const name = matchers.find((one) => one.label === METRIC_NAME && one.operator === '=')?.value;
    const metrics = name === undefined ? [...this.#metrics.values()] : [this.#metrics.get(name) ?? new Map()];
    return metrics.flatMap((metric) => [...metric.values()].filter((series) => matchesAll(series.labels, matchers)));
  }

  #series(labels: Labels): Stored {
    const name = labels[METRIC_NAME] ?? '';
    let metric = this.#metrics.get(name);
    if (metric === undefined) {
      metric = new Map();
      this.#metrics.set(name, metric);
    }
    const key = labelKey(labels);
    let series = metric.get(key);
    if (series === undefined) {
      series = { labels, samples: [] };
      metric.set(key, series);
    }
    return series;
  }
}

/** The newest sample in (`after`, `until`], staleness markers included; binary search. */
export const newestIn = (
  samples: readonly Sample[],
  range: { readonly after: number; readonly until: number },
): Sample | undefined => {
  const found = samples[firstAfter(samples, range.until) - 1];
  return found !== undefined && found.time > range.after ? found : undefined;
};

/** The samples in (`after`, `until`] that are values. */
export const valuesIn = (
  samples: readonly Sample[],
  range: { readonly after: number; readonly until: number },
): readonly { readonly time: number; readonly value: number }[] =>
  samples
    .slice(firstAfter(samples, range.after), firstAfter(samples, range.until))
    .flatMap(({ time, value }) => (value === null ? [] : [{ time, value }]));

/** Index of the first sample later than `time`. */
const firstAfter = (samples: readonly Sample[], time: number): number => {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((samples[middle]?.time ?? 0) > time) high = middle;
    else low = middle + 1;
  }
  return low;
};
