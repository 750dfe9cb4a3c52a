import type { CanaryStatus } from '../../api/canary-status.ts';
import type { Action } from '../decision.ts';
import { holdRoute } from '../hold-route.ts';
import { SETTLE_MS } from '../limits.ts';
import type { Observed, TargetView } from '../observed.ts';
import { type Turn, turn } from '../turn.ts';

type Step = { readonly actions?: readonly Action[]; readonly waiting: string; readonly wakeAt?: number };

/** The first thing that is not yet as it was before Serin came; each waits until the one before has been observed. */
const firstStep = (observed: Observed, target: TargetView, now: number): Step => {
  const { primary, side, services, route, status } = observed;
  const replicas = Math.max(1, primary?.replicas ?? status.adopted?.replicas ?? 1);
  const takenOver = services.apex?.selects === 'primary';
  if (takenOver && target.replicas < replicas) {
    return { waiting: 'for the target to be scaled up', actions: [{ type: 'scaleTarget', replicas }] };
  }
  if (takenOver && target.readyReplicas < target.replicas) return { waiting: 'for the target to serve' };
  if (takenOver && services.apex?.made !== true) {
    return { waiting: 'for the apex Service to select the target', actions: [{ type: 'restoreApex' }] };
  }
  if (route.canaryWeight !== undefined) {
    return { waiting: 'for the route to be given back', actions: [{ type: 'releaseRoute' }] };
  }
  const settled = route.since + SETTLE_MS;
  if (route.exists && now < settled) return { waiting: 'for the traffic to settle', wakeAt: settled };
  const workloads = primary !== undefined || side !== undefined;
  const made = services.primary !== undefined || services.canary !== undefined || services.apex?.made === true;
  if (workloads || made) {
    return { waiting: 'for the rest to be deleted', actions: [{ type: 'deleteOwned' }] };
  }
  // Once more: an earlier deletion may have been cut short after what is observed here, and nothing comes after this.
  return { waiting: 'for the finalizer to go', actions: [{ type: 'deleteOwned' }, { type: 'removeFinalizer' }] };
};

/**
 * Gives everything back: target up, then apex, then route, then the rest, so that no request is lost. When the
 * namespace or the target goes too there is nobody to give it to: it lets go at once.
 */
export const terminating = (observed: Observed, now: number): Turn => {
  const { canary, target, namespaceDeleting } = observed;
  const { run: _run, ...rest } = observed.status;
  const status: CanaryStatus = { ...rest, phase: 'Terminating' };
  if (!canary.hasFinalizer) return turn(observed.status);
  if (namespaceDeleting || target === undefined || target.deleting) {
    return turn(status, { after: [{ type: 'deleteOwned' }, { type: 'removeFinalizer' }] });
  }
  const exposed = (observed.route.canaryWeight ?? 0) > 0;
  const { before } = exposed ? holdRoute(observed, { weight: 0, mayRaise: false }) : { before: [] };
  const { actions = [], waiting, wakeAt } = firstStep(observed, target, now);
  return turn(status, { before, after: actions, waiting, ...(wakeAt === undefined ? {} : { wakeAt }) });
};
