import type { Random } from '../../../lib/random.ts';

/** One of the items by chance, each by its share of the weights, as Envoy divides; undefined when none has a weight. */
export const byWeight = <T extends { readonly weight: number }>(items: readonly T[], random: Random): T | undefined => {
  let left = random() * items.reduce((sum, { weight }) => sum + weight, 0);
  for (const item of items) {
    left -= item.weight;
    if (left < 0) return item;
  }
  return undefined;
};

/** True for this percentage of the calls. */
export const inPercent = (percent: number, random: Random): boolean => random() * 100 < percent;
