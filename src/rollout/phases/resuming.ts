import type { RunStatus, StableStatus } from '../../api/canary-status.ts';
import { conclude, type Ending } from '../conclude.ts';
import type { Observed } from '../observed.ts';
import { overtaken } from '../overtaken.ts';
import { stampOf } from '../stamp.ts';
import { restart, stepBack } from '../step-back.ts';
import type { Turn } from '../turn.ts';
import { measureKey } from '../window.ts';
import { judgeStep } from './judging.ts';

/** The verdict again from answers that are still there: after a refused status write they are, after a restart not. */
const judgedAgain = (observed: Observed, now: number, run: RunStatus): Turn | undefined => {
  for (const [key, state] of observed.effects) {
    if (!key.startsWith(measureKey(run)) || state.state !== 'done' || state.result.kind !== 'measure') continue;
    const to = Number(key.slice(measureKey(run).length));
    const { checks } = state.result;
    const asked = observed.metrics.filter(({ name }) => checks.some((check) => check.name === name));
    return judgeStep(observed, now, run, { window: { from: to, to }, asked, checks });
  }
  return undefined;
};

/**
 * Goes on from a lowered weight whose status was never written: the stamp on the route says why it was lowered, and
 * the run takes that up instead of raising the weight again. Undefined when there is nothing to take up.
 */
export const resume = (observed: Observed, now: number, run: RunStatus, stable: StableStatus): Turn | undefined => {
  const stamp = stampOf(run, observed.route.stamp);
  switch (stamp?.kind) {
    case undefined:
      return undefined;
    case 'back':
      return stamp.since === run.weight.since ? stepBack(observed, now, run) : undefined;
    case 'restart':
      return stamp.since === run.weight.since ? restart(observed, now, run) : undefined;
    case 'outcome': {
      const { outcome, cause } = stamp;
      const again = judgedAgain(observed, now, run);
      if (again?.status.run?.outcome === outcome && again.status.run.cause === cause) return again;
      const end = overtaken(observed, run, stable);
      const reason =
        end?.outcome === outcome ? end.reason : `${cause ?? outcome}, as the route says since before a restart`;
      const ending: Ending = { outcome, ...(cause === undefined ? {} : { cause }), reason };
      return conclude(observed, now, run, ending);
    }
  }
};
