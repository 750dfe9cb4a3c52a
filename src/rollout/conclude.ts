import type { CanaryStatus, QuarantineStatus, RunStatus, StepStatus } from '../api/canary-status.ts';
import type { Cause, Outcome } from '../api/words.ts';
import type { Action } from './decision.ts';
import { isClosed, isExposed, NOTHING } from './exposing.ts';
import { cappedHistory, type EndedRun, historyEntry, promotes, settledPhase } from './history.ts';
import { CAPS } from './limits.ts';
import type { Observed } from './observed.ts';
import { callAfterwards, commit, tell } from './outbox.ts';
import { recordOf } from './record.ts';
import { outcomeSentence } from './sentence.ts';
import { primaryServes } from './sides.ts';
import { stampText } from './stamp.ts';
import { timeText } from './time.ts';
import { type Turn, turn } from './turn.ts';

/** Ends the step that stands at `now`. */
export const endStep = (steps: readonly StepStatus[], now: number): readonly StepStatus[] =>
  steps.map((step) => (step.to === undefined ? { ...step, to: timeText(now) } : step));

/** A run that is told to stop: how it ended and why. */
export type Ending = { readonly outcome: Outcome; readonly cause?: Cause; readonly reason: string };

/** True where a rejected revision is held when it comes again. Flagger runs it again, and so does `onFailure: none`. */
export const quarantines = ({ git }: Observed): boolean => git.mode === 'on' && git.onFailure !== 'none';

const withQuarantine = (status: CanaryStatus, run: EndedRun): readonly QuarantineStatus[] =>
  [
    { revision: run.revision, hash: run.hash, images: run.images, run: run.id, since: run.endedAt },
    ...status.quarantine.filter(({ revision }) => revision !== run.revision),
  ].slice(0, CAPS.quarantine);

const stableAfter = (observed: Observed, run: EndedRun): Pick<CanaryStatus, 'stable'> => {
  const { stable } = observed.status;
  const { revision, hash, images, digests, endedAt } = run;
  const lastGood = stable?.revision === revision ? stable.lastGood : stable?.revision;
  return {
    stable: {
      revision,
      hash,
      images,
      ...(digests === undefined ? {} : { digests }),
      since: endedAt,
      ...(lastGood === undefined ? {} : { lastGood }),
    },
  };
};

/** The write that takes all traffic from the canary; none while the primary has nobody to take it. */
const lowerToZero = (observed: Observed, run: RunStatus, stamp: string): readonly Action[] => {
  const isOff = isClosed(observed.route) && !isExposed(run.weight);
  return isOff || !primaryServes(observed) ? [] : [{ type: 'setRoute', ...NOTHING, stamp }];
};

/**
 * Ends a run with its one outcome. Traffic is taken from the canary first; outcome, history, quarantine, commit, hooks
 * and messages are then one status write, so that none of them can exist without the others. The record is
 * written right after; draining and removing the canary is left to the `ending` stage.
 */
export const conclude = (observed: Observed, now: number, run: RunStatus, ending: Ending): Turn => {
  const { outcome, cause, reason } = ending;
  const at = timeText(now);
  const stamp = stampText(run, { kind: 'outcome', outcome, ...(cause === undefined ? {} : { cause }) });
  const before = lowerToZero(observed, run, stamp);
  const lowered = primaryServes(observed) || !isExposed(run.weight);
  const { held: _held, deadline: _deadline, paused: _paused, ...rest } = run;
  const ended: EndedRun = {
    ...rest,
    stage: 'ending',
    stageSince: at,
    weight: lowered && isExposed(run.weight) ? { set: 0, since: at } : run.weight,
    steps: endStep(run.steps, now),
    outcome,
    ...(cause === undefined ? {} : { cause }),
    sentence: outcomeSentence(run, outcome, { reason, now }),
    endedAt: at,
  };
  const { status } = observed;
  const entry = historyEntry(ended, status.stable?.images ?? {});
  const base: CanaryStatus = {
    ...status,
    ...(promotes(outcome) ? stableAfter(observed, ended) : {}),
    run: ended,
    quarantine:
      (outcome === 'RolledBack' || outcome === 'Aborted') && quarantines(observed)
        ? withQuarantine(status, ended)
        : status.quarantine,
    history: [entry, ...status.history],
  };
  const owed = callAfterwards(observed, commit(observed, base, entry), entry);
  const told = tell(observed, owed, { topic: 'outcome', run: run.id, now });
  const phase = outcome === 'Superseded' ? 'Progressing' : settledPhase(told.history);
  return turn(
    { ...told, phase, history: cappedHistory(told) },
    {
      before,
      after: [{ type: 'writeRun', record: recordOf(observed, ended) }],
      events: [{ reason: outcome, note: ended.sentence }],
    },
  );
};
