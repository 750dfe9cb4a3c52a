import { type Labels, labelKey, seriesText } from '../labels.ts';
import { PromqlError } from './promql-error.ts';

export type VectorSample = { readonly labels: Labels; readonly value: number };

export type RangeSeries = {
  readonly labels: Labels;
  readonly samples: readonly { readonly time: number; readonly value: number }[];
};

/** What an expression evaluates to at one time. */
export type Value =
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'vector'; readonly samples: readonly VectorSample[] }
  | { readonly type: 'matrix'; readonly series: readonly RangeSeries[]; readonly start: number; readonly end: number };

/** `samples`, or an error when two of them have the same labels: dropping the metric's name can do that. */
export const distinct = (samples: readonly VectorSample[]): readonly VectorSample[] => {
  const seen = new Set<string>();
  for (const { labels } of samples) {
    const key = labelKey(labels);
    if (seen.has(key)) {
      throw new PromqlError('execution', `vector cannot contain metrics with the same labelset: ${seriesText(labels)}`);
    }
    seen.add(key);
  }
  return samples;
};
