import type { Side } from '../api/names.ts';
import type { Plan, RouteRef, Share } from './router.ts';

/** Parts per million in the whole. */
const PPM = 1_000_000;
/** Parts per million in one percent: the smallest change of weight that both planes are asked for. */
export const PERCENT_PPM = PPM / 100;

/** Name of the Service of one side. */
export const sideService = (ref: RouteRef, side: Side): string => `${ref.service}-${side}`;

/** The split that gives the canary `canaryWeight` percent (0 to 100, whole or not) and the primary the rest. */
export const twoWay = (ref: RouteRef, canaryWeight: number): readonly Share[] => {
  const canary = Math.round(canaryWeight * PERCENT_PPM);
  return [
    { backend: sideService(ref, 'primary'), weightPpm: PPM - canary },
    { backend: sideService(ref, 'canary'), weightPpm: canary },
  ];
};

/** The canary's share of a split in percent; 0 when it has none. */
export const canaryWeightOf = (ref: RouteRef, split: readonly Share[]): number => {
  const canary = split.find((share) => share.backend === sideService(ref, 'canary'));
  return (canary?.weightPpm ?? 0) / PERCENT_PPM;
};

/**
 * The whole percent that is written for a split, never more than it gives the canary, and what `Plan` says of it. A
 * split that does not sum to the whole, or that names a backend other than the two sides, throws a RangeError: writing
 * it would take requests away from everybody.
 */
export const expressible = (
  ref: RouteRef,
  split: readonly Share[],
): { readonly percent: number; readonly said: Pick<Plan, 'effective' | 'roundingErrorPpm' | 'warnings'> } => {
  const sides = [sideService(ref, 'primary'), sideService(ref, 'canary')];
  const foreign = split.find(({ backend, weightPpm }) => !sides.includes(backend) || weightPpm < 0);
  const sum = split.reduce((total, share) => total + share.weightPpm, 0);
  if (foreign !== undefined || sum !== PPM) {
    const found = split.map(({ backend, weightPpm }) => `${backend} ${weightPpm}`).join(', ');
    throw new RangeError(`Cannot write the split ${found}: want ${sides.join(' and ')}, ${PPM} ppm together`);
  }
  const wanted = canaryWeightOf(ref, split);
  const percent = Math.floor(wanted);
  const roundingErrorPpm = Math.round((wanted - percent) * PERCENT_PPM);
  const warnings =
    roundingErrorPpm === 0 ? [] : [`the plane takes whole percents: ${wanted} % is written as ${percent} %`];
  return { percent, said: { effective: twoWay(ref, percent), roundingErrorPpm, warnings } };
};
