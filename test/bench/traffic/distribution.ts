import { numberText } from '../measure.ts';

/** The value that a share (0 to 1) of the values does not exceed: the nearest rank. Throws for none. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (found === undefined) throw new RangeError('Cannot tell a quantile of no values');
  return found;
};

/** Such as `median 12.5, p90 18, p99 25, max 30`. */
export const quantilesText = (values: readonly number[]): string =>
  [
    ['median', 0.5],
    ['p90', 0.9],
    ['p99', 0.99],
    ['max', 1],
  ]
    .map(([name, share]) => `${name} ${numberText(quantile(values, Number(share)))}`)
    .join(', ');
