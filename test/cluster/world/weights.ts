import type { LoadSecond } from '#src/sandbox/load/start-load.ts';

/** From when a weight stood. */
export type Stood = { readonly at: number; readonly weight: number };

/** Requests of one step as the client counted them, and what its weight allows. */
export type Split = {
  readonly weight: number;
  readonly requests: number;
  readonly canary: number;
  readonly least: number;
  readonly most: number;
};

/** Traefik shows a change of weights at most this long after it was written (its provider's throttle). */
const SETTLE_MS = 3000;

/** Chance that a right split is called wrong: 1 in 10,000 for each side. */
const ALPHA = 1e-4;

/** Quantile of the binomial distribution of `n` trials with chance `p`: the least k with P(X <= k) >= `share`. */
const binomialQuantile = (n: number, { p, share }: { readonly p: number; readonly share: number }): number => {
  if (p <= 0) return 0;
  if (p >= 1) return n;
  let logTerm = n * Math.log1p(-p);
  let sum = Math.exp(logTerm);
  let k = 0;
  while (sum < share && k < n) {
    logTerm += Math.log(n - k) - Math.log(k + 1) + Math.log(p) - Math.log1p(-p);
    sum += Math.exp(logTerm);
    k++;
  }
  return k;
};

/**
 * The client's whole seconds in which a weight stood and had settled, held against the binomial bounds of that weight.
 * `canary` is the version whose answers count for the canary.
 */
export const splitsOf = (
  seconds: readonly LoadSecond[],
  { stood, canary }: { readonly stood: readonly Stood[]; readonly canary: string },
): readonly Split[] =>
  stood.flatMap(({ at, weight }, index): readonly Split[] => {
    const end = stood[index + 1]?.at ?? at;
    if (weight === 0) return [];
    const within = seconds.filter((second) => second.at >= at + SETTLE_MS && second.at + 1000 <= end);
    const requests = within.reduce((sum, second) => sum + second.requests, 0);
    if (requests === 0) return [];
    const share = weight / 100;
    return [
      {
        weight,
        requests,
        canary: within.reduce((sum, second) => sum + (second.versions[canary]?.requests ?? 0), 0),
        least: binomialQuantile(requests, { p: share, share: ALPHA }),
        most: binomialQuantile(requests, { p: share, share: 1 - ALPHA }),
      },
    ];
  });

export const isWithin = ({ canary, least, most }: Split): boolean => canary >= least && canary <= most;
