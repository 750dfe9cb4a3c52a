import type { Action, EventNote } from './decision.ts';
import type { Observed } from './observed.ts';
import { primaryServes } from './sides.ts';

type Held = {
  readonly before: readonly Action[];
  readonly after: readonly Action[];
  readonly events: readonly EventNote[];
};

/**
 * Keeps the route at `weight`: what stands above it is lowered at once, what stands below it is put back to it and
 * never above; `mayRaise` is false while there is nobody to take the traffic. Somebody else's change is named.
 */
export const holdRoute = (
  observed: Observed,
  weight: number,
  { mayRaise, stamp }: { readonly mayRaise: boolean; readonly stamp?: string },
): Held => {
  const { route } = observed;
  const found = route.canaryWeight;
  const write: Action = { type: 'setRoute', canaryWeight: weight, ...(stamp === undefined ? {} : { stamp }) };
  const events: readonly EventNote[] =
    found !== undefined && found !== weight && route.foreignManager !== undefined
      ? [
          {
            reason: 'RouteDrift',
            note: `${route.foreignManager} set the canary's weight to ${found}%; it goes back to ${weight}%`,
          },
        ]
      : [];
  if (found !== undefined && found > weight) {
    return primaryServes(observed) ? { before: [write], after: [], events } : { before: [], after: [], events: [] };
  }
  if (found === weight && route.current) return { before: [], after: [], events: [] };
  return weight === 0 || mayRaise ? { before: [], after: [write], events } : { before: [], after: [], events: [] };
};
