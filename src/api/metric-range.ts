import type { MetricSpec } from './canary.ts';

export type MetricRange = { readonly min?: number; readonly max?: number };

/** The values that pass. Flagger's old `threshold` is the lowest success rate, and the highest of everything else. */
export const metricRange = ({
  name,
  threshold,
  thresholdRange,
}: Pick<MetricSpec, 'name' | 'threshold' | 'thresholdRange'>): MetricRange => {
  const { min, max } = thresholdRange ?? (name === 'request-success-rate' ? { min: threshold } : { max: threshold });
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
};
