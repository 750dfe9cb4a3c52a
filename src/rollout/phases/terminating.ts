import type { CanaryStatus, OutboxStatus } from '../../api/canary-status.ts';
import type { Action, EventNote } from '../decision.ts';
import { isClosed, NOTHING } from '../exposing.ts';
import { holdRoute } from '../hold-route.ts';
import { SETTLE_MS } from '../limits.ts';
import type { Observed, TargetView } from '../observed.ts';
import { isForGit } from '../outbox.ts';
import { deadlineMs } from '../plan.ts';
import { timeMs } from '../time.ts';
import { type Turn, turn } from '../turn.ts';

type Step = {
  readonly actions?: readonly Action[];
  readonly waiting: string;
  readonly wakeAt?: number;
  readonly stuck?: EventNote;
};

/** How long a Canary that is deleted waits for Git to hold its last outcomes. */
const GIT_MS = 30_000;

/** How long it waits for what Serin may not read or write, before it goes and leaves the rest as it stands. */
const RIGHTS_MS = 120_000;

/** Since when everything is being given back, ms: as the status has it, which may be what cannot be written. */
const begunAt = ({ status, canary }: Observed, now: number): number =>
  status.phase === 'Terminating' && status.lastTransitionTime !== undefined
    ? timeMs(status.lastTransitionTime)
    : (canary.deletedAt ?? now);

/** The target has not enough ready pods: the primary serves on, for as long as it takes. */
const unready = (observed: Observed, target: TargetView, now: number): Step => {
  const { spec } = observed.canary;
  const pods = target.serving ?? `${target.readyReplicas} of ${target.replicas} pods ready`;
  const waiting = `for the target to serve: ${pods}`;
  const deadline = begunAt(observed, now) + deadlineMs(spec);
  if (now < deadline) return { waiting, wakeAt: deadline };
  const { kind, name } = spec.targetRef;
  const note = `${kind} ${name} does not serve, ${pods}: traffic is given back to it as soon as it does, so push a version that runs`;
  return { waiting, stuck: { reason: 'Held', note } };
};

/** The ScaledObject of the target whose pause is Serin's still. */
const heldPaused = ({ autoscaler, autoscalerLeft }: Observed): string | undefined =>
  autoscaler?.pausedAt === undefined ? autoscalerLeft?.scaledObject : autoscaler.name;

/**
 * KEDA is paused on, at the number that the target is to have: let go now, it would see a target without load and take
 * the pods away before the traffic has come. A HorizontalPodAutoscaler cannot be held.
 */
const holdActions = ({ autoscaler, status: { adopted } }: Observed, replicas: number): readonly Action[] =>
  autoscaler === undefined || adopted?.scaledObject !== autoscaler.name || autoscaler.pausedAt === replicas
    ? []
    : [{ type: 'pauseAutoscaler', scaledObject: autoscaler.name, replicas }];

/** The target's own autoscaler has taken pods away for as long as may be waited: what it leaves has to do. */
const keepsLess = (observed: Observed, target: TargetView, now: number): boolean =>
  observed.autoscaler !== undefined &&
  target.replicas > 0 &&
  now >= begunAt(observed, now) + deadlineMs(observed.canary.spec);

/** The last of it. Also where there is nobody to give anything back to: a ScaledObject that stays is not left paused. */
const lettingGo = ({ status: { adopted } }: Observed): readonly Action[] => [
  ...(adopted?.scaledObject === undefined
    ? []
    : [{ type: 'restoreAutoscaler', scaledObject: adopted.scaledObject } as const]),
  { type: 'deleteOwned' },
  { type: 'removeFinalizer' },
];

/** The target goes too, so that nothing is waited for: what others have made is as it was before, the rest goes. */
const withTarget = (observed: Observed): readonly Action[] => [
  { type: 'restoreApex' },
  { type: 'releaseRoute' },
  ...lettingGo(observed),
];

/**
 * What Serin may not do stands in the way. It is told and waited for; then the Canary goes all the same, because a
 * finalizer that hung would take the namespace with it. What was not given back stays where it is and serves on.
 */
const withoutRights = ({ canary, route }: Observed, status: CanaryStatus, denied: EventNote): Turn => {
  const exposed =
    isClosed(route) || !route.exists ? '' : `, the canary with ${route.canaryWeight ?? 0} % of the requests`;
  const note = `Not everything was given back: ${denied.note}. What was not stays as it is and serves on${exposed}; what is Serin's has the label serin.dev/canary-uid=${canary.uid}`;
  return turn(status, { after: [{ type: 'removeFinalizer' }], events: [{ reason: 'Held', note }] });
};

/** What is owed to Git and to hooks for the runs that are over. */
const owed = ({ status }: Observed): readonly OutboxStatus[] =>
  status.outbox.filter(({ kind, state }) => kind !== 'message' && state === 'Pending');

/** The first thing that is not yet as it was before Serin came; each waits until the one before has been observed. */
const firstStep = (observed: Observed, target: TargetView, now: number): Step => {
  const { primary, side, services, route, status } = observed;
  const replicas = Math.max(1, primary?.replicas ?? status.adopted?.replicas ?? 1);
  const takenOver = services.apex?.selects === 'primary';
  const scales = target.unscaled !== true && target.replicas < replicas;
  if (takenOver && scales && !keepsLess(observed, target, now)) {
    const scale: Action = { type: 'scaleTarget', replicas };
    return { waiting: 'for the target to be scaled up', actions: [...holdActions(observed, replicas), scale] };
  }
  if (takenOver && target.readyReplicas < target.replicas) return unready(observed, target, now);
  if (takenOver && services.apex?.made !== true) {
    return { waiting: 'for the apex Service to select the target', actions: [{ type: 'restoreApex' }] };
  }
  if (route.canaryWeight !== undefined) {
    return { waiting: 'for the route to be given back', actions: [{ type: 'releaseRoute' }] };
  }
  // Also where the route was Serin's own and is gone: the plane goes on leading requests to the sides for a moment.
  const settled = route.since + SETTLE_MS;
  if (now < settled) return { waiting: 'for the traffic to settle', wakeAt: settled };
  const scaledObject = heldPaused(observed);
  if (scaledObject !== undefined) {
    const actions: readonly Action[] = [{ type: 'restoreAutoscaler', scaledObject }];
    return { waiting: "for the target's autoscaler to be given back", actions };
  }
  const workloads = primary !== undefined || side !== undefined;
  const made = services.primary !== undefined || services.canary !== undefined || services.apex?.made === true;
  if (workloads || made) {
    return { waiting: 'for the rest to be deleted', actions: [{ type: 'deleteOwned' }] };
  }
  const patience = begunAt(observed, now) + GIT_MS;
  const still = owed(observed);
  if (still.length > 0 && now < patience) {
    const waiting = still.some(isForGit) ? 'for Git to hold the last outcome' : 'for the hooks after the last run';
    return { waiting, wakeAt: patience };
  }
  // Once more: an earlier deletion may have been cut short after what is observed here, and nothing comes after this.
  return { waiting: 'for the finalizer to go', actions: lettingGo(observed) };
};

/**
 * Gives everything back: target up, then apex, then route, then the rest, so that no request is lost; and waits a moment
 * for Git to hold the last outcome. When the namespace or the target goes too there is nobody to give it to: it lets go
 * at once. A right that is missing holds it for a while only.
 */
export const terminating = (observed: Observed, now: number): Turn => {
  const { canary, namespaceDeleting, refused, unseen } = observed;
  const { run: _run, ...rest } = observed.status;
  const status: CanaryStatus = { ...rest, phase: 'Terminating' };
  if (!canary.hasFinalizer) return turn(observed.status);
  if (namespaceDeleting) return turn(status, { after: [{ type: 'removeFinalizer' }] });
  const patience = begunAt(observed, now) + RIGHTS_MS;
  if (unseen !== undefined) {
    const waiting = `for a right: ${unseen.note}`;
    return now < patience
      ? turn(status, { waiting, stuck: unseen, wakeAt: patience })
      : withoutRights(observed, status, unseen);
  }
  const giving = givingBack(observed, now, status);
  // What was refused is tried again until then; without the finalizer's there is nothing else to be done.
  const isInVain = refused !== undefined && refused.action !== 'removeFinalizer' && now >= patience;
  if (isInVain) return withoutRights(observed, status, refused);
  return refused === undefined ? giving : { ...giving, wakeAt: Math.min(giving.wakeAt ?? patience, patience) };
};

/** A target that is gone, where what serves is the team's own: users are led there all the same, without a hurry. */
const GONE: TargetView = { uid: '', deleting: true, replicas: 0, readyReplicas: 0, unscaled: true };

/** What everything is given back to; undefined where that goes with the Canary. */
const outlasting = ({ target, canary }: Observed): TargetView | undefined =>
  target !== undefined && !target.deleting ? target : canary.spec.targetRef.kind === 'Service' ? GONE : undefined;

/** The next step of giving everything back. */
const givingBack = (observed: Observed, now: number, status: CanaryStatus): Turn => {
  const target = outlasting(observed);
  if (target === undefined) return turn(status, { after: withTarget(observed) });
  const exposed = observed.route.exists && !isClosed(observed.route);
  const { before } = exposed ? holdRoute(observed, { exposure: NOTHING, mayRaise: false }) : { before: [] };
  const { actions = [], ...step } = firstStep(observed, target, now);
  const isLast = actions.some(({ type }) => type === 'removeFinalizer');
  const events = (isLast ? owed(observed).filter(isForGit) : []).map(({ kind, run }): EventNote => {
    const note = `The ${kind} of run ${run} is not in Git: the Canary was deleted before it could be written`;
    return { reason: 'GitRefused', note };
  });
  return turn(status, { ...step, before, after: actions, events });
};
