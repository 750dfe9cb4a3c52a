import type { JsonRecord } from '../../lib/json.ts';
import { isRecord, listAt, numberAt } from '../../lib/json.ts';
import type { Pair, Sides } from './destinations.ts';
import { pairsOf, toApex, weightOf } from './destinations.ts';

/** Weights are int32, and Envoy adds them up as uint32: so many that forty of them still fit. */
const MAX_WEIGHT = 100_000_000;

/** Percent of the apex's traffic in this route that goes to the canary; undefined when none of it goes anywhere. */
export const canaryPercentOf = (route: unknown, sides: Sides): number | undefined => {
  const pairs = pairsOf(route, sides);
  const total = pairs.reduce((sum, pair) => sum + pair.weight, 0);
  const canary = pairs.reduce((sum, pair) => sum + pair.canaryWeight, 0);
  return total === 0 ? undefined : (canary * 100) / total;
};

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/** The factor by which every weight of the route grows, so that such parts of each pair can be written. */
const factorFor = (
  entries: readonly unknown[],
  { pairs, parts }: { pairs: readonly Pair[]; parts: number },
): number => {
  const factor = parts / pairs.map(({ weight }) => weight).reduce(greatestCommonDivisor, parts);
  const weights = [...entries.map((entry) => numberAt(entry, 'weight') ?? 0), ...pairs.map(({ weight }) => weight)];
  return Math.max(1, Math.min(factor, Math.floor(MAX_WEIGHT / Math.max(1, ...weights))));
};

/**
 * The route with `percent` of the apex's traffic going to the canary: the sides stand where the apex stood, or get
 * other weights where they stood already. The shares of other destinations, their order and everything else are kept.
 */
export const withCanaryPercent = (
  route: JsonRecord,
  { sides, percent }: { readonly sides: Sides; readonly percent: number },
): JsonRecord => {
  const entries = listAt(route, 'route');
  const pairs = pairsOf(route, sides);
  if (pairs.length === 0) return route;
  // Whole percents as far as they will do; else hundredths of them.
  const [share, parts] = Number.isInteger(percent) ? [percent, 100] : [Math.round(percent * 100), 10_000];
  const factor = factorFor(entries, { pairs, parts });
  const grown = (entry: unknown): unknown =>
    factor === 1 || !isRecord(entry) ? entry : { ...entry, weight: weightOf(entry, entries.length) * factor };
  const written = entries.flatMap((entry, index): readonly unknown[] => {
    const pair = pairs.find(({ at }) => at.primary === index || at.canary === index);
    if (pair === undefined) return [grown(entry)];
    const total = pair.weight * factor;
    const weight = Math.floor((total * share) / parts);
    if (pair.at.canary === index) return [{ ...pair.canary, weight }];
    const primary = { ...pair.primary, weight: total - weight };
    return pair.at.canary === undefined ? [primary, { ...pair.canary, weight }] : [primary];
  });
  return { ...route, route: written };
};

/** The route with the apex back in the place of its sides; weights stay as they are. */
export const withApex = (route: JsonRecord, sides: Sides): JsonRecord => {
  const pairs = pairsOf(route, sides);
  const entries = listAt(route, 'route').flatMap((entry, index): readonly unknown[] => {
    const pair = pairs.find(({ at }) => at.primary === index || at.canary === index);
    if (pair === undefined || pair.is === 'apex') return [entry];
    return pair.at.canary === index ? [] : [{ ...toApex(pair.primary, sides.ref), weight: pair.weight }];
  });
  return { ...route, route: entries };
};
