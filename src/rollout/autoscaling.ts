import type { AdoptedStatus, CanaryStatus } from '../api/canary-status.ts';
import type { Action } from './decision.ts';
import type { AutoscalerView, Observed } from './observed.ts';
import { timeMs, timeText } from './time.ts';

/**
 * How long after all traffic has come to the primary its autoscaler may still go by what it measured before: the time
 * over which Kubernetes' looks back before it scales down, unless it is told otherwise.
 */
export const FLOOR_MS = 300_000;

/** How long a weight must stand before what an autoscaler has measured is about it: its metrics and its looks are late. */
const MEASURED_MS = 90_000;

/** From the part of the traffic that is left to the primary all of it is told, as long as that is at least half. */
const MOST_WEIGHT = 50;

/** An autoscaler leaves alone what is this close; so does whoever goes by its numbers. */
const TOLERANCE = 1.1;

type Floor = CanaryStatus['floor'];

/**
 * Pods that all traffic needs now, where more users have come in the middle of a run: held up as it is, the primary does
 * not grow before they are more than its pods for all of the traffic can take, while the canary, which has pods for its
 * share alone, has long too few, and would be blamed for it. 0 where nothing tells that.
 */
const needNow = ({ autoscaler, status: { run, floor } }: Observed, now: number): number => {
  if (autoscaler?.load === undefined || run?.stage !== 'shifting' || run.weight.matched === true) return 0;
  if (run.weight.set > MOST_WEIGHT || now - timeMs(run.weight.since) < MEASURED_MS) return 0;
  const all = autoscaler.load / (1 - run.weight.set / 100);
  return all > (floor?.replicas ?? 0) * TOLERANCE ? Math.min(Math.ceil(all), autoscaler.max) : 0;
};

/**
 * The fewest replicas that the primary's autoscaler may go down to. While a run has some of the traffic, the primary
 * shows less load than it must be able to take: a rollback gives everything back at once and waits for nothing, least of
 * all for pods. So it keeps what it had when the run began, or has been given since. Raising the fewest of its
 * autoscaler is the way that holds: replicas that are written beside an autoscaler are taken back at its next look, by
 * the low load that it sees, and scaling up only before the traffic returns would make the rollback wait.
 */
const floorOf = (observed: Observed, now: number): Floor => {
  const { autoscaler, canary, primary, status } = observed;
  const { floor, run, phase } = status;
  if (canary.deleting) return floor;
  // One that is missing or wrong for the moment is the same one when it is there again.
  if (autoscaler === undefined) return canary.spec.autoscalerRef === undefined ? undefined : floor;
  if (run !== undefined && run.outcome === undefined) {
    return { replicas: Math.max(1, floor?.replicas ?? 0, primary?.replicas ?? 0, needNow(observed, now)) };
  }
  if (floor === undefined || run !== undefined || phase === undefined || phase === 'Initializing') return floor;
  if (floor.until === undefined) return { ...floor, until: timeText(now + FLOOR_MS) };
  return now < timeMs(floor.until) ? floor : undefined;
};

/** The ScaledObject whose pause is Serin's, by name; noted before it is paused. One at a time. */
const heldObject = ({ autoscaler, autoscalerLeft, canary, status }: Observed): string | undefined => {
  const { autoscalerRef: ref } = canary.spec;
  if (autoscalerLeft?.scaledObject !== undefined) return autoscalerLeft.scaledObject;
  if (autoscaler !== undefined) return autoscaler.kind === 'ScaledObject' ? autoscaler.name : undefined;
  const held = status.adopted?.scaledObject;
  return canary.deleting || (ref?.kind === 'ScaledObject' && ref.name === held) ? held : undefined;
};

const withHeld = (adopted: AdoptedStatus, held: string | undefined): AdoptedStatus => {
  const { scaledObject: _, ...rest } = adopted;
  return held === undefined ? rest : { ...rest, scaledObject: held };
};

/** What is noted about the autoscaler before anything else is decided. */
export const withAutoscaling = (observed: Observed, now: number): Observed => {
  const { floor: _, ...status } = observed.status;
  const floor = floorOf(observed, now);
  const { adopted } = status;
  return {
    ...observed,
    status: {
      ...status,
      ...(adopted === undefined ? {} : { adopted: withHeld(adopted, heldObject(observed)) }),
      ...(floor === undefined ? {} : { floor }),
    },
  };
};

/** When the floor ends, ms; undefined when there is nothing to wait for. */
export const floorEnds = ({ floor }: CanaryStatus): number | undefined =>
  floor?.until === undefined ? undefined : timeMs(floor.until);

/** What the primary's autoscaler is to go down to at the least. */
const fewestWanted = ({ min, max, idle }: AutoscalerView, floor: Floor): number =>
  floor === undefined ? (idle ?? min) : Math.min(Math.max(min, floor.replicas), max);

/** The primary's autoscaler stands, and does not go below what is noted. */
export const isScaled = ({ autoscaler, status }: Observed): boolean =>
  autoscaler === undefined || (autoscaler.current && autoscaler.fewest === fewestWanted(autoscaler, status.floor));

/** Replicas that the primary has to have to take all traffic, by its floor and by what its autoscaler allows. */
export const replicasToTakeAll = ({ autoscaler, status: { floor } }: Observed): number =>
  autoscaler === undefined || floor === undefined ? 0 : Math.min(floor.replicas, autoscaler.max);

/** Brings the primary's autoscaler to what is noted, where it is not. */
export const scaleActions = (observed: Observed): readonly Action[] => {
  const { floor } = observed.status;
  return isScaled(observed)
    ? []
    : [{ type: 'applyAutoscaler', ...(floor === undefined ? {} : { floor: floor.replicas }) }];
};

/** Pauses the target's own autoscaler where it would scale the target; not before it is noted that it will be. */
export const pauseActions = ({ autoscaler, status }: Observed): readonly Action[] =>
  autoscaler?.unpaused === true && status.adopted?.scaledObject === autoscaler.name
    ? [{ type: 'pauseAutoscaler', scaledObject: autoscaler.name, replicas: 0 }]
    : [];

/** What has to be so about autoscalers and disruption budgets in every state after the take-over. */
export const autoscalingActions = (observed: Observed): readonly Action[] => {
  const { autoscalerLeft: left, budgetCurrent } = observed;
  return [
    ...scaleActions(observed),
    ...pauseActions(observed),
    ...(left === undefined ? [] : [{ type: 'restoreAutoscaler', ...left } as const]),
    ...(budgetCurrent === false ? [{ type: 'applyDisruptionBudget' } as const] : []),
  ];
};
