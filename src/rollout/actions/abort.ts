import type { Observed } from '../observed.ts';
import { primaryName } from '../sides.ts';
import { versionText } from '../version-text.ts';
import { type Answer, type AskedOfRun, becauseOf, byWhom, refused, withAction } from './answer.ts';

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
      return refused(of, `${primaryName(observed)} is getting ${versionText(run.images, run.revision)} already`);
    case 'returning':
      return refused(
        of,
        `${primaryName(observed)} serves ${versionText(run.images, run.revision)} already: revert it in Git`,
      );
  }
};
