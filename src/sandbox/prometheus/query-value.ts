import { evaluate } from './promql/evaluate.ts';
import { parseQuery } from './promql/parse.ts';
import { PromqlError } from './promql/promql-error.ts';
import type { SeriesStore } from './series-store.ts';

const LOOKBACK_MS = 5 * 60_000;

/** The one number that a PromQL query gives at a time, ms; undefined for none, for several, and for what is no PromQL. */
export const queryValue = (
  query: string,
  { store, time }: { readonly store: SeriesStore; readonly time: number },
): number | undefined => {
  try {
    const value = evaluate(parseQuery(query), { store, time, lookbackMs: LOOKBACK_MS });
    if (value.type === 'scalar') return value.value;
    const samples = value.type === 'vector' ? value.samples : [];
    return samples.length === 1 ? samples[0]?.value : undefined;
  } catch (error) {
    if (error instanceof PromqlError) return undefined;
    throw error;
  }
};
