/**
 * The weights of a run for which no steps are set, in percent, ascending up to `maxWeight`: it doubles from 1 % while
 * the checks pass. It needs no evidence but that; a ramp by evidence and budget takes this one's place.
 */
export const ramp = (maxWeight: number): readonly number[] => {
  const weights: number[] = [];
  for (let weight = 1; weight < maxWeight; weight *= 2) weights.push(weight);
  return [...weights, maxWeight];
};
