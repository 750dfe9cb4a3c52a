import { exposureFound } from '#src/rollout/exposing.ts';
import type { Exposure } from '#src/rollout/exposure.ts';
import type { RouteView } from '#src/rollout/observed.ts';
import type { WorldState } from './world-state.ts';

/** How long the plane takes to accept a change. */
export const ACCEPT_MS = 200;

export type WorldRoute = {
  readonly exposure: Exposure;
  readonly stamp: string | undefined;
  readonly changedAt: number;
  /** Last written by somebody else. */
  readonly foreign: boolean;
  /** Changed by somebody else beside what it exposes. */
  readonly touched: boolean;
};

/** Some user's request can reach the canary. */
export const reaches = (route: WorldRoute | undefined): boolean =>
  route !== undefined && (route.exposure.canaryWeight > 0 || route.exposure.pinned !== undefined);

/** The route as `decide` is shown it: accepted a little after it was written, as the controller remembers it. */
export const routeView = (state: WorldState, seenAt: number): RouteView => {
  const { route, now } = state;
  if (route === undefined) return { exists: false, current: false, acceptance: 'pending', detail: '', since: now };
  const { exposure, stamp, changedAt, foreign, touched } = route;
  const accepted = seenAt >= changedAt + ACCEPT_MS;
  const as = JSON.stringify(exposure);
  if (!accepted) state.accepted = undefined;
  else if (state.accepted?.exposure !== as) state.accepted = { exposure: as, since: now };
  const view: RouteView = {
    exists: true,
    ...exposure,
    ...(stamp === undefined ? {} : { stamp }),
    current: !touched,
    acceptance: accepted ? 'accepted' : 'pending',
    detail: '',
    since: state.accepted?.since ?? now,
    ...(foreign ? { foreignManager: 'kubectl' } : {}),
  };
  return exposureFound(view) === undefined ? { ...view, exists: false } : view;
};
