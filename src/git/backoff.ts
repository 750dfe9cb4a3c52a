import type { Random } from '../lib/random.ts';

/** Full jitter: anywhere between nothing and a doubling limit, so that competing writers spread out. ms. */
export const fullJitter = (
  attempt: number,
  options: { readonly random: Random; readonly baseMs: number; readonly maxMs: number },
): number => options.random() * Math.min(options.maxMs, options.baseMs * 2 ** attempt);
