import type { CanaryStatus, RunStatus, StableStatus } from '../../api/canary-status.ts';
import { conclude, type Ending, endStep } from '../conclude.ts';
import type { Action } from '../decision.ts';
import { exposureOf, isExposed, NOTHING } from '../exposing.ts';
import { atGate, hasCome, nextGate } from '../hooks/gates.ts';
import { keeping } from '../keeping.ts';
import type { Observed } from '../observed.ts';
import { tell } from '../outbox.ts';
import { deadlineMs } from '../plan.ts';
import { atStep } from '../raise.ts';
import { canaryCarries, canaryServes, loadNow, primaryCarries, primaryName, sizeCanary } from '../sides.ts';
import { timeMs, timeText } from '../time.ts';
import { followedBy, type Turn, turn } from '../turn.ts';
import { upkeep } from '../upkeep.ts';
import { settledAt } from '../window.ts';
import { lessWeight } from './returning.ts';

/** Every step has passed: what ran in the canary is written down, then the primary gets exactly that. */
export const promote = (observed: Observed, now: number, judged: RunStatus): Turn => {
  const { spec } = observed.canary;
  const digests = spec.pinImages ? observed.side?.digests : undefined;
  const { advance: _advance, ...rest } = judged;
  const fast = rest.fast ?? rest.skipped;
  const run: RunStatus = {
    ...rest,
    ...(fast === undefined ? {} : { fast }),
    stage: 'promoting',
    stageSince: timeText(now),
    ...(digests === undefined ? {} : { digests }),
    deadline: timeText(now + deadlineMs(spec)),
  };
  const status: CanaryStatus = { ...observed.status, run, phase: 'Promoting' };
  const note = `${primaryName(observed)} gets revision ${run.revision}, as judged in run ${run.id}`;
  const started = turn(status, { events: [{ reason: 'Promoting', note }] });
  return followedBy(started, forward({ ...observed, status }, now, run));
};

/** Why a run is promoted without (further) analysis; undefined where it is judged. */
export const fastBecause = ({ canary }: Observed, run: RunStatus): string | undefined =>
  run.fast ?? (canary.spec.skipAnalysis === true ? 'spec.skipAnalysis is true' : undefined);

/**
 * The promotion of a run that is not to be judged (further): as soon as the canary has shown that it runs, for what is
 * promoted is what ran there. A person who asks for it goes past no gate; `spec.skipAnalysis` leaves the gate before the
 * promotion out with everything else. Undefined where the run is to be judged, or its canary cannot be promoted yet.
 */
export const fastForward = (observed: Observed, now: number, run: RunStatus): Turn | undefined => {
  const { spec } = observed.canary;
  const fast = fastBecause(observed, run);
  if (fast === undefined || run.paused !== undefined || !canaryCarries(observed, run, loadNow(run))) return undefined;
  if (spec.pinImages && observed.side?.digests === undefined) return undefined;
  const gate = run.fast === undefined ? undefined : nextGate(spec, run, 'confirm-promotion');
  if (gate === undefined) return promote(observed, now, { ...run, fast });
  if (hasCome(run, gate)) return undefined;
  return turn({ ...observed.status, phase: 'WaitingPromotion', run: atGate(run, gate, now) });
};

/** A promotion on its way, or on its way back after it failed. */
export const promoting = (observed: Observed, now: number, run: RunStatus, stable: StableStatus): Turn => {
  const next = run.cause === undefined ? onward(observed, now, run, stable) : back(observed, now, run, stable);
  const mayRaise = canaryServes(observed, run);
  return keeping(observed, next, { exposure: exposureOf(run), mayRaise, upkeep: upkeep(observed) });
};

const onward = (observed: Observed, now: number, run: RunStatus, stable: StableStatus): Turn => {
  const { primary } = observed;
  const promoted = primary?.revision === run.revision && primary.pinned;
  if (promoted && primaryCarries(observed)) return toPrimary(observed, now, run);
  const deadline = timeMs(run.deadline ?? run.stageSince);
  if (now >= deadline || (promoted && primary.deadlineExceeded)) return fail(observed, now, run, stable);
  return { wakeAt: deadline, ...forward(observed, now, run) };
};

/** The next thing that is needed for the primary to become what was judged. */
const forward = (observed: Observed, now: number, run: RunStatus): Turn => {
  const { primary, route, status } = observed;
  const apply: readonly Action[] = [
    {
      type: 'applyPrimary',
      revision: run.revision,
      replicas: Math.max(1, primary?.replicas ?? status.adopted?.replicas ?? 1),
      ...(run.digests === undefined ? {} : { digests: run.digests }),
    },
  ];
  if (primary?.revision === run.revision) return turn(status, { after: primary.pinned ? [] : apply });
  if (primary === undefined || primary.keepsCapacity) return turn(status, { after: apply });
  // The primary loses pods while it changes: the canary takes everything first.
  if (!canaryCarries(observed, run, 100)) return turn(status, { after: sizeCanary(observed, run, 100) });
  if (run.weight.set < 100) return takeAll(observed, now, run);
  const settled = settledAt(route, exposureOf(run));
  if (settled === undefined) return turn(status);
  return now < settled ? turn(status, { wakeAt: settled }) : turn(status, { after: apply });
};

const takeAll = (observed: Observed, now: number, run: RunStatus): Turn => {
  const deadline = timeText(now + deadlineMs(observed.canary.spec));
  const raised: RunStatus = { ...atStep(run, { index: run.step + 1, weight: 100, windows: 0 }, now), deadline };
  const note = `Weight ${run.weight.set}% -> 100%: ${primaryName(observed)} loses pods while it changes`;
  return turn(
    { ...observed.status, run: raised },
    { after: [{ type: 'setRoute', ...exposureOf(raised) }], events: [{ reason: 'WeightChanged', note }] },
  );
};

/** The primary is what was judged, and ready: traffic goes back to it. */
const toPrimary = (observed: Observed, now: number, run: RunStatus): Turn => {
  const { deadline: _deadline, ...rest } = run;
  const at = timeText(now);
  const returning: RunStatus = { ...rest, stage: 'returning', stageSince: at, steps: endStep(run.steps, now) };
  return lessWeight({ ...observed, status: { ...observed.status, phase: 'Finalising' } }, now, returning);
};

/** The primary cannot run what the canary runs: the last good revision comes back while the canary goes on serving. */
const fail = (observed: Observed, now: number, run: RunStatus, stable: StableStatus): Turn => {
  const note = `${primaryName(observed)} was not ready with revision ${run.revision}: ${observed.primary?.waiting ?? 'deadline exceeded'}`;
  const failed: RunStatus = {
    ...run,
    cause: 'PromotionFailed',
    sentence: note,
    deadline: timeText(now + deadlineMs(observed.canary.spec)),
  };
  const status: CanaryStatus = { ...observed.status, run: failed };
  const started = turn(status, { events: [{ reason: 'PromotionFailed', note }] });
  return followedBy(started, back({ ...observed, status }, now, failed, stable));
};

/** A person wants the version gone: a primary that has all its pods takes the traffic while it goes back. */
const awayFromCanary = ({ primary }: Observed, run: RunStatus): boolean =>
  run.cause === 'OperatorAbort' && isExposed(run.weight) && primary?.keepsCapacity === true && primary.endpoints > 0;

const endingOf = ({ cause, sentence }: RunStatus): Ending =>
  cause === 'OperatorAbort'
    ? { outcome: 'Aborted', cause, reason: sentence ?? 'asked for by a person' }
    : { outcome: 'RolledBack', cause: 'PromotionFailed', reason: sentence ?? 'the primary was not ready' };

const back = (observed: Observed, now: number, run: RunStatus, stable: StableStatus): Turn => {
  const { primary, status } = observed;
  if (primary?.revision === stable.revision && primaryCarries(observed)) {
    return conclude(observed, now, run, endingOf(run));
  }
  if (awayFromCanary(observed, run)) {
    return withoutCanary(observed, now, run, `${primaryName(observed)} goes back to revision ${stable.revision}`);
  }
  const replicas = Math.max(1, primary?.replicas ?? status.adopted?.replicas ?? 1);
  const digests = stable.digests === undefined ? {} : { digests: stable.digests };
  const after: readonly Action[] =
    primary?.revision === stable.revision
      ? []
      : [{ type: 'applyPrimary', revision: stable.revision, replicas, ...digests }];
  const deadline = timeMs(run.deadline ?? run.stageSince);
  if (run.held !== undefined || now < deadline) return turn(status, { after, wakeAt: deadline });
  const held = `${primaryName(observed)} is not ready with its last good revision ${stable.revision}: ${primary?.waiting ?? 'it is gone'}`;
  const told = tell(observed, { ...status, run: { ...run, held } }, { topic: 'held', run: run.id, now });
  return turn(told, { after, events: [{ reason: 'Held', note: held }] });
};

/** The primary takes all traffic while it changes: the canary has lost its pods, or is to get none any more. */
export const withoutCanary = (
  observed: Observed,
  now: number,
  run: RunStatus,
  why = 'the canary has no ready pod',
): Turn => {
  const lowered: RunStatus = { ...run, weight: { set: 0, since: timeText(now) }, steps: endStep(run.steps, now) };
  const note = `Weight ${run.weight.set}% -> 0%: ${why}`;
  return turn(
    { ...observed.status, run: lowered },
    { before: [{ type: 'setRoute', ...NOTHING }], events: [{ reason: 'WeightChanged', note }] },
  );
};
