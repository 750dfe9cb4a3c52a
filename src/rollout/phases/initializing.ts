import type { AdoptedStatus, CanaryStatus, StableStatus } from '../../api/canary-status.ts';
import { pauseActions, scaleActions } from '../autoscaling.ts';
import type { Action, EventNote } from '../decision.ts';
import { endOfLife } from '../end-of-life.ts';
import { isClosed, NOTHING } from '../exposing.ts';
import type { Observed, RevisionView, TargetView } from '../observed.ts';
import { tell } from '../outbox.ts';
import { deadlineMs } from '../plan.ts';
import { primaryName } from '../sides.ts';
import { namesHeld } from '../taken-over.ts';
import { timeMs, timeText } from '../time.ts';
import { type Turn, turn } from '../turn.ts';
import { isDown } from '../upkeep.ts';
import { settledAt } from '../window.ts';

/** Until when a primary of `stable` may take to become ready, ms. */
const readyBy = ({ canary }: Observed, stable: StableStatus): number => timeMs(stable.since) + deadlineMs(canary.spec);

/** The primary cannot run `stable`, and no user depends on it yet. */
const hasFailed = (observed: Observed, stable: StableStatus, now: number): boolean => {
  const { primary, services } = observed;
  if (primary?.revision !== stable.revision || primary.ready || services.apex?.selects === 'primary') return false;
  return primary.deadlineExceeded || now >= readyBy(observed, stable);
};

/**
 * The revision that the primary is made of. Once its template is stored it stays, also when the target moves on
 * meanwhile: what comes later is judged like any other push. One that does not become ready gives way to a later one,
 * or no fix would ever end the take-over.
 */
const revisionToServe = (observed: Observed, target: TargetView, now: number): StableStatus | undefined => {
  const { stable } = observed.status;
  const { found } = observed;
  if (found !== undefined) return servingAlready(found, stable, now);
  const { revision } = target;
  if (revision === undefined || revision.id === stable?.revision)
    return stable ?? (revision && asStable(revision, now));
  const stays = stable !== undefined && observed.pinned.includes(stable.revision);
  return stays && !hasFailed(observed, stable, now) ? stable : asStable(revision, now);
};

/** What a primary serves that was there before stays, whatever the target asks for by now. */
const servingAlready = (
  found: NonNullable<Observed['found']>,
  stable: StableStatus | undefined,
  now: number,
): StableStatus | undefined => {
  if ('waiting' in found || found.revision.id === stable?.revision) return stable;
  return asStable(found.revision, now);
};

const asStable = ({ id, hash, images }: RevisionView, now: number): StableStatus => ({
  revision: id,
  hash,
  images,
  since: timeText(now),
});

/** What stood before Serin changed anything, for the finalizer; recorded once. Other objects carry their own baseline. */
const adoptedFrom = ({ status, canary }: Observed, target: TargetView): AdoptedStatus =>
  status.adopted ?? { replicas: target.replicas, ...namesHeld(canary.spec) };

/**
 * Pods that the primary begins with: those that the target has, or the primary, else what its autoscaler would have at
 * the least; not more than that allows.
 */
const sizeToServe = ({ primary, status, autoscaler }: Observed, target: TargetView): number => {
  const found = Math.max(target.replicas, primary?.replicas ?? status.adopted?.replicas ?? 0);
  return Math.min(found === 0 ? Math.max(1, autoscaler?.min ?? 1) : found, autoscaler?.max ?? Number.POSITIVE_INFINITY);
};

type Step =
  | {
      readonly waiting: string;
      readonly actions?: readonly Action[];
      readonly wakeAt?: number;
      readonly stuck?: EventNote;
    }
  /** The take-over is complete. */
  | 'done';

/** The first thing that is not yet as it should be. Each step is taken only when the one before it has been observed. */
const firstStep = (observed: Observed, target: TargetView, stable: StableStatus | undefined, now: number): Step => {
  const { canary, primary, services, route, pinned, status } = observed;
  if (!canary.hasFinalizer) return { waiting: 'for the finalizer', actions: [{ type: 'addFinalizer' }] };
  if (stable === undefined) {
    const unknown = observed.found && 'waiting' in observed.found ? observed.found.waiting : target.waiting;
    return { waiting: `for a revision: ${unknown ?? 'Kubernetes has not seen the template yet'}` };
  }
  if (!pinned.includes(stable.revision)) {
    return { waiting: 'for the stored template', actions: [{ type: 'pinRevision', revision: stable.revision }] };
  }
  const apexMoved = services.apex?.selects === 'primary';
  const replicas = status.floor?.replicas ?? sizeToServe(observed, target);
  if (primary?.revision !== stable.revision || (!apexMoved && primary.replicas < replicas)) {
    const resize = apexMoved ? {} : { resize: true as const };
    const apply: Action = { type: 'applyPrimary', revision: stable.revision, replicas, ...resize };
    // One that is there from before would take the pods away again.
    const scaled = observed.autoscaler?.fewest === undefined ? [] : scaleActions(observed);
    return { waiting: `for ${primaryName(observed)}`, actions: [...scaled, apply] };
  }
  if (!primary.ready) {
    const why = primary.waiting ?? 'its pods are starting';
    const waiting = `for ${primaryName(observed)} to be ready: ${why}`;
    if (!hasFailed(observed, stable, now)) return { waiting, wakeAt: readyBy(observed, stable) };
    const note = `${primaryName(observed)} was not ready within ${canary.spec.progressDeadlineSeconds} s: ${why}`;
    return { waiting, stuck: { reason: 'DeadlineExceeded', note } };
  }
  const missing = (['primary', 'canary'] as const).filter((side) => services[side]?.current !== true);
  if (missing.length > 0) {
    const actions = missing.map((service): Action => ({ type: 'applyService', service }));
    return { waiting: `for the Services of primary and canary`, actions };
  }
  if (primary.endpoints === 0) return { waiting: `for ${primaryName(observed)} to have endpoints` };
  // With pods enough, whatever its autoscaler makes of a primary that has no load yet; and protected as the target's are.
  const scaled = scaleActions(observed);
  if (scaled.length > 0) return { waiting: `for the autoscaler of ${primaryName(observed)}`, actions: scaled };
  if (observed.budgetCurrent === false) {
    return { waiting: 'for the disruption budget', actions: [{ type: 'applyDisruptionBudget' }] };
  }
  if (services.apex?.current !== true) {
    return { waiting: 'for the apex Service', actions: [{ type: 'applyService', service: 'apex' }] };
  }
  if (!apexMoved || services.apex?.endpointsMatch !== true) {
    return { waiting: 'for the endpoints of the apex Service to show only primary pods' };
  }
  if (!isClosed(route) || !route.current) {
    return { waiting: 'for the route', actions: [{ type: 'setRoute', ...NOTHING }] };
  }
  const settled = settledAt(route, NOTHING);
  if (settled === undefined) {
    const waiting = `for the route to be accepted: ${route.detail}`;
    const note = `The route is not accepted: ${route.detail}`;
    return route.acceptance === 'refused' ? { waiting, stuck: { reason: 'RouteNotAccepted', note } } : { waiting };
  }
  if (now < settled) return { waiting: 'for the traffic to settle', wakeAt: settled };
  const paused = pauseActions(observed);
  if (!isDown(target) || paused.length > 0) {
    return {
      waiting: 'for the target to run no pods',
      actions: [...paused, { type: 'scaleTarget', replicas: 0 }],
    };
  }
  return 'done';
};

/** Takes a serving workload over without a lost request: DESIGN §3, step 0. */
export const initializing = (observed: Observed, target: TargetView, now: number): Turn => {
  const stable = revisionToServe(observed, target, now);
  const status: CanaryStatus = {
    ...observed.status,
    phase: 'Initializing',
    adopted: adoptedFrom(observed, target),
    ...(stable === undefined ? {} : { stable }),
    ...(observed.autoscaler === undefined ? {} : { floor: { replicas: sizeToServe(observed, target) } }),
  };
  const step = firstStep({ ...observed, status }, target, stable, now);
  if (step !== 'done') {
    const { actions = [], ...rest } = step;
    return turn(status, { ...rest, after: actions });
  }
  const rest = target.unscaled === true ? '' : '; the target runs no pods any more';
  const note = `${primaryName(observed)} serves revision ${stable?.revision ?? ''}${rest}`;
  const initialized: CanaryStatus = { ...status, phase: 'Initialized' };
  return turn(tell(observed, initialized, { topic: 'initialized', now }), {
    events: [{ reason: 'Initialized', note }, ...endOfLife(observed)],
  });
};
