import type { RunStatus } from '../../api/canary-status.ts';
import type { Observed } from '../observed.ts';
import { deadlineMs } from '../plan.ts';
import { primaryName } from '../sides.ts';
import { timeText } from '../time.ts';
import { versionText } from '../version-text.ts';
import { type Answer, type AskedOfRun, becauseOf, byWhom, refused, withAction } from './answer.ts';

/** The primary is changing: it goes back to what it was, and then the run is over. */
const takeBack = (observed: Observed, asked: AskedOfRun): Answer => {
  const { action, run, now } = asked;
  const { canary, status } = observed;
  const next: RunStatus = {
    ...withAction(run, asked),
    cause: 'OperatorAbort',
    sentence: becauseOf(action),
    deadline: timeText(now + deadlineMs(canary.spec)),
  };
  const message = `Run ${run.id} is aborted${byWhom(action)}; ${primaryName(observed)} goes back to revision ${run.previous}`;
  return {
    state: 'Done',
    message,
    status: { ...status, run: next },
    event: { reason: 'ActionTaken', note: message },
  };
};

/** Ends the run: all traffic goes to the primary at once, and the revision is rejected as after a rollback. */
export const abort = (observed: Observed, asked: AskedOfRun): Answer => {
  const { action, run } = asked;
  const { canary, status } = observed;
  const of = { verb: action.verb, name: canary.name };
  switch (run.stage) {
    case 'scaling':
    case 'shifting':
    case 'ending':
      return {
        state: 'Done',
        message: `Run ${run.id} is aborted${byWhom(action)}; ${primaryName(observed)} gets all traffic`,
        status: { ...status, run: withAction(run, asked) },
        ends: { outcome: 'Aborted', cause: 'OperatorAbort', reason: becauseOf(action) },
      };
    case 'promoting':
      return run.cause === undefined
        ? takeBack(observed, asked)
        : refused(of, `${primaryName(observed)} is going back to ${run.previous} already`);
    case 'returning':
      return refused(
        of,
        `${primaryName(observed)} serves ${versionText(run.images, run.revision)} already: revert it in Git`,
      );
  }
};
