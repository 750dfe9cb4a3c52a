import type { Random } from '../lib/random.ts';

export type BackOff = {
  /** Longest wait after the first failure. */
  readonly baseMs: number;
  /** Longest wait ever. */
  readonly maxMs: number;
};

/**
 * How long to wait after `failures` (1 or more) in a row: it doubles from `baseMs` to `maxMs`, and is drawn from the
 * upper half of that, so that many that failed together do not come back together.
 */
export const backOffMs = (failures: number, options: BackOff & { readonly random: Random }): number => {
  const longest = Math.min(options.maxMs, options.baseMs * 2 ** Math.min(failures - 1, 30));
  return longest * (0.5 + options.random() / 2);
};
