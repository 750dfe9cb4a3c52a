import type { RunStatus } from '../api/canary-status.ts';
import { sameJson } from '../lib/json.ts';
import { affinityAt } from './affinity.ts';
import type { Exposure } from './exposure.ts';
import type { Observed, RouteView } from './observed.ts';

/** The canary gets nothing. */
export const NOTHING: Exposure = { canaryWeight: 0 };

type Weight = RunStatus['weight'];

/** What the canary gets at this place of the run. */
export const exposureOf = (run: RunStatus): Exposure => {
  const { set, mirror, matched } = run.weight;
  const affinity = affinityAt(run);
  return {
    canaryWeight: set,
    ...(mirror === undefined ? {} : { mirror }),
    ...(matched === undefined || run.match === undefined ? {} : { pinned: run.match }),
    ...(affinity === undefined ? {} : { affinity }),
  };
};

/** Some user is answered by the canary. */
export const reachesUsers = ({ set, matched }: Weight): boolean => set > 0 || matched === true;

/** Requests, or copies of them, go to the canary as the run has it. */
export const isExposed = (weight: Weight): boolean => reachesUsers(weight) || (weight.mirror ?? 0) > 0;

/** What the route gives the canary; undefined when it is not ours yet. */
export const exposureFound = ({ canaryWeight, mirror, pinned, affinity }: RouteView): Exposure | undefined =>
  canaryWeight === undefined
    ? undefined
    : {
        canaryWeight,
        ...(mirror === undefined ? {} : { mirror }),
        ...(pinned === undefined ? {} : { pinned }),
        ...(affinity === undefined ? {} : { affinity }),
      };

/** No request can reach the canary by the route. */
export const isClosed = (route: RouteView): boolean => {
  const { canaryWeight, mirror = 0, pinned } = route;
  return canaryWeight === 0 && mirror === 0 && pinned === undefined;
};

/** The route gives the canary exactly this. */
export const exposes = (route: RouteView, wanted: Exposure): boolean => {
  const found = exposureFound(route);
  return found !== undefined && sameJson(found, wanted);
};

const hasMore = (found: Exposure, wanted: Exposure): boolean =>
  found.canaryWeight > wanted.canaryWeight ||
  (found.mirror ?? 0) > (wanted.mirror ?? 0) ||
  (found.pinned !== undefined && !sameJson(found.pinned, wanted.pinned)) ||
  (found.affinity !== undefined && wanted.affinity === undefined);

/**
 * What is to be written where the route gives the canary more than it should: nothing in it is more than either of the
 * two. Undefined when it gives no more.
 */
export const lowered = (found: Exposure, wanted: Exposure): Exposure | undefined => {
  if (!hasMore(found, wanted)) return undefined;
  const canaryWeight = Math.min(found.canaryWeight, wanted.canaryWeight);
  const mirror = Math.min(found.mirror ?? 0, wanted.mirror ?? 0);
  const { pinned, affinity } = wanted;
  return {
    canaryWeight,
    ...(mirror === 0 ? {} : { mirror }),
    ...(pinned !== undefined && sameJson(found.pinned, pinned) ? { pinned } : {}),
    ...(affinity === undefined || canaryWeight !== wanted.canaryWeight ? {} : { affinity }),
  };
};

/** The route as it is observed carries what the run wants. */
export const stands = (observed: Observed, run: RunStatus): boolean => exposes(observed.route, exposureOf(run));
