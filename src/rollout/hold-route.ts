import { sameJson } from '../lib/json.ts';
import type { Action, EventNote } from './decision.ts';
import { remedy, routeFought } from './drift.ts';
import { exposureFound, isClosed, lowered } from './exposing.ts';
import type { Exposure } from './exposure.ts';
import type { Observed } from './observed.ts';
import { primaryServes } from './sides.ts';

/** What is recorded of the route: what the canary gets, the stamp behind it, and whether it can take traffic again. */
export type HeldAt = { readonly exposure: Exposure; readonly mayRaise: boolean; readonly stamp?: string };

type Writes = {
  readonly before: readonly Action[];
  readonly after: readonly Action[];
  readonly events: readonly EventNote[];
};
const NONE: Writes = { before: [], after: [], events: [] };

const drift = ({ canary, route }: Observed, manager: string, { canaryWeight: weight }: Exposure): EventNote => {
  const fought = routeFought(canary.spec);
  const what =
    route.canaryWeight === weight
      ? `changed ${fought.kind} ${fought.name}; its backends go back`
      : `set the canary's weight to ${route.canaryWeight}%; it goes back to ${weight}%`;
  return { reason: 'RouteDrift', note: `${manager} ${what}. To end this, ${remedy(manager, fought)}` };
};

/**
 * Keeps the route as it is recorded: what gives the canary more is lowered at once, what gives it less is put back to
 * that and never above; not while there is nobody to take the traffic. Somebody else's change is named.
 */
export const holdRoute = (observed: Observed, { exposure, mayRaise, stamp }: HeldAt): Writes => {
  const { route } = observed;
  const found = exposureFound(route);
  if (found !== undefined && route.current && sameJson(found, exposure)) return NONE;
  const write = (wanted: Exposure): Action => ({
    type: 'setRoute',
    ...wanted,
    ...(stamp === undefined ? {} : { stamp }),
  });
  const { foreignManager } = route;
  const events = found === undefined || foreignManager === undefined ? [] : [drift(observed, foreignManager, exposure)];
  const less = found && lowered(found, exposure);
  if (less !== undefined) return primaryServes(observed) ? { before: [write(less)], after: [], events } : NONE;
  const closes = isClosed({ ...route, ...exposure });
  return closes || mayRaise ? { before: [], after: [write(exposure)], events } : NONE;
};
