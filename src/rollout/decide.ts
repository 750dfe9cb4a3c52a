import type { CanaryStatus, DesiredStatus } from '../api/canary-status.ts';
import { sameJson } from '../lib/json.ts';
import { takeActions } from './actions/take-actions.ts';
import { floorEnds, withAutoscaling } from './autoscaling.ts';
import { boundStatus } from './bound-status.ts';
import { conditionsOf } from './conditions.ts';
import type { Decision, EventNote } from './decision.ts';
import { foldOutbox } from './fold-outbox.ts';
import { hasEnded, settledPhase } from './history.ts';
import { eventHooks } from './hooks/event-hooks.ts';
import { gatesLater } from './hooks/gates.ts';
import { nextOf } from './next.ts';
import { noteRun } from './note-run.ts';
import type { Observed } from './observed.ts';
import { withOutage } from './outage.ts';
import { outboxEffects } from './outbox.ts';
import { initializing } from './phases/initializing.ts';
import { running } from './phases/running.ts';
import { settled } from './phases/settled.ts';
import { stalled } from './phases/stalled.ts';
import { terminating } from './phases/terminating.ts';
import { problemsOf, stuckOf, untold } from './problems.ts';
import { proofEffect, withProof } from './proof.ts';
import { rejection } from './rejection.ts';
import { timeMs, timeText } from './time.ts';
import { type Turn, turn } from './turn.ts';

/** A phase that only a newer version knows was left out when the status was read: nothing is taken over again for it. */
const withPhase = (observed: Observed): Observed => {
  const { status } = observed;
  const { phase, stable, run, history } = status;
  if (phase !== undefined || stable === undefined) return observed;
  const known = run === undefined || hasEnded(run) ? settledPhase(history) : 'Progressing';
  return { ...observed, status: { ...status, phase: known } };
};

/** Notes what Git asks for; said once, when it is something new. */
const noteDesired = (observed: Observed, now: number): Pick<Turn, 'status' | 'events'> => {
  const { status, target } = observed;
  const wanted = target?.revision;
  if (wanted === undefined || wanted.id === status.desired?.revision) return { status, events: [] };
  const desired: DesiredStatus = {
    revision: wanted.id,
    hash: wanted.hash,
    since: timeText(now),
    ...(wanted.source === undefined ? {} : { source: wanted.source }),
  };
  const next = { ...status, desired };
  if (status.desired === undefined || wanted.id === status.stable?.revision) return { status: next, events: [] };
  const rejected = rejection({ ...observed, status: next }, wanted);
  const note: EventNote =
    rejected?.quarantined === true
      ? { reason: 'Quarantined', note: rejected.message }
      : { reason: 'RevisionDetected', note: `Revision ${wanted.id} is asked for` };
  return { status: next, events: [note] };
};

/** The time in which only a person could help does not count against the run. */
const withoutLostTime = (observed: Observed, now: number): Observed => {
  const { run, conditions } = observed.status;
  const lost = conditions.find(({ type, status }) => type === 'Stalled' && status === 'True');
  const isOver = run?.held === undefined && stuckOf(observed, { status: observed.status }) === undefined;
  if (run === undefined || lost === undefined || !isOver) return observed;
  const ms = Math.max(0, now - timeMs(lost.lastTransitionTime));
  const later = gatesLater(run, ms);
  const deadline = later.deadline === undefined ? {} : { deadline: timeText(timeMs(later.deadline) + ms) };
  return { ...observed, status: { ...observed.status, run: { ...later, ...deadline } } };
};

const phaseOf = (seen: Observed, now: number): Turn => {
  if (seen.canary.deleting) return terminating(seen, now);
  const problems = problemsOf(seen);
  if (problems.length > 0 || seen.target === undefined) return stalled(seen, now, problems);
  const observed = withoutLostTime(seen, now);
  const { target, status } = observed;
  if (target === undefined || target.deleting) return turn(status);
  const { stable, run, phase = 'Initializing' } = status;
  if (stable === undefined || phase === 'Initializing') return initializing(observed, target, now);
  return run === undefined ? settled(observed, now, stable) : running(observed, now, run, stable);
};

const finished = (
  observed: Observed,
  { status, waiting }: Turn,
  { now, stuck }: { readonly now: number; readonly stuck: EventNote | undefined },
): CanaryStatus => {
  const { run, phase = 'Initializing' } = status;
  const next: CanaryStatus = {
    ...status,
    observedGeneration: observed.canary.generation,
    phase,
    canaryWeight: run?.weight.set ?? 0,
    failedChecks: status.failedChecks ?? 0,
    lastTransitionTime:
      phase === observed.status.phase && observed.status.lastTransitionTime !== undefined
        ? observed.status.lastTransitionTime
        : timeText(now),
    ...(run === undefined ? {} : { run: { ...run, next: nextOf(observed.canary.spec, run) } }),
  };
  const conditions = conditionsOf(observed, next, { now, waiting, stuck });
  const whole = { ...next, conditions };
  return sameJson(whole, observed.status) ? observed.status : boundStatus(whole);
};

/**
 * What to do about one Canary, from everything that is known of it. Pure: the same input gives the same decision,
 * `now` (ms since the epoch) is the only time, and nothing is remembered but in the status. A decision that finds
 * everything as it should be has no actions and returns the very status that it was given.
 *
 * @example
 * const { before, status, after, effects, wakeAt } = decide(observed, clock.now());
 * // perform `before`, write `status` unless it is `observed.status`, perform `after`, start `effects`
 */
export const decide = (seen: Observed, now: number): Decision => {
  const observed = withPhase(withProof(seen));
  const proof = proofEffect(seen);
  const folded = foldOutbox(observed, now);
  const noted = noteDesired({ ...observed, status: folded.status }, now);
  const scaled = withAutoscaling({ ...observed, status: noted.status }, now);
  const acted = takeActions(scaled, now);
  const next = acted.ended ?? phaseOf({ ...observed, status: acted.status }, now);
  const outage = withOutage(observed, next.status, now);
  const taken = { ...next, status: outage.status };
  const stuck = stuckOf(observed, taken);
  const { before, after, effects } = taken;
  const status = finished(observed, taken, { now, stuck });
  const told = [
    ...folded.events,
    ...noted.events,
    ...acted.events,
    ...untold(observed.status, stuck),
    ...taken.events,
    ...outage.events,
  ];
  // A time that has passed waits for something to be observed, not for the clock.
  const wakes = [taken.wakeAt, outage.wakeAt, floorEnds(taken.status)].flatMap((at) =>
    at !== undefined && at > now ? at : [],
  );
  return {
    before,
    status,
    // Last, so that an answer that is refused keeps nothing from being done.
    after: [...after, ...acted.echoes, ...noteRun(observed, folded.status.history)],
    effects: [
      ...effects,
      ...(proof === undefined ? [] : [proof]),
      ...outboxEffects(observed),
      ...eventHooks(observed, { status, events: told, now }),
    ],
    events: told,
    ...(wakes.length === 0 ? {} : { wakeAt: Math.min(...wakes) }),
  };
};
