import assert from 'node:assert/strict';
import { parseExposition } from '#src/sandbox/prometheus/exposition.ts';
import { METRIC_NAME } from '#src/sandbox/prometheus/labels.ts';
import { evaluate } from '#src/sandbox/prometheus/promql/evaluate.ts';
import { parseQuery } from '#src/sandbox/prometheus/promql/parse.ts';
import { SeriesStore } from '#src/sandbox/prometheus/series-store.ts';

/** Series as they are written → samples as [seconds, value]; null marks the series stale. */
export type History = Readonly<Record<string, readonly (readonly [number, number | null])[]>>;

export const storeOf = (history: History): SeriesStore => {
  const store = new SeriesStore({ retentionMs: Number.POSITIVE_INFINITY });
  for (const [series, samples] of Object.entries(history)) {
    const [exposed] = parseExposition(`${series} 0`);
    assert.ok(exposed);
    for (const [seconds, value] of samples) store.append(exposed.labels, { time: seconds * 1000, value });
  }
  return store;
};

/** A counter that is scraped every `every` seconds from `from` to `to`, and grows by `by` each time. */
export const steady = (options: {
  readonly from: number;
  readonly to: number;
  readonly every: number;
  readonly by: number;
  readonly start?: number;
}): readonly (readonly [number, number])[] => {
  const count = Math.floor((options.to - options.from) / options.every) + 1;
  return Array.from({ length: count }, (_, index) => [
    options.from + index * options.every,
    (options.start ?? 0) + index * options.by,
  ]);
};

/** What a query answers at `seconds`: a number for a scalar, else series → value. */
export const ask = (store: SeriesStore, query: string, seconds: number): number | string | Record<string, number> => {
  const value = evaluate(parseQuery(query), { store, time: seconds * 1000, lookbackMs: 300_000 });
  if (value.type === 'scalar' || value.type === 'string') return value.value;
  assert.equal(value.type, 'vector');
  return Object.fromEntries(
    value.samples.map(({ labels, value }) => {
      const { [METRIC_NAME]: name = '', ...others } = labels;
      const pairs = Object.entries(others).map(([label, text]) => `${label}="${text}"`);
      return [`${name}{${pairs.sort().join(',')}}`, value];
    }),
  );
};
