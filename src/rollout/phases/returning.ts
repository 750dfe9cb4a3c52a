import type { RunStatus } from '../../api/canary-status.ts';
import { conclude } from '../conclude.ts';
import { drainedAt } from '../drain.ts';
import { holdRoute } from '../hold-route.ts';
import type { Observed } from '../observed.ts';
import { checkText } from '../sentence.ts';
import { followedBy, type Turn, turn } from '../turn.ts';
import { upkeep } from '../upkeep.ts';

const promotionReason = (run: RunStatus): string => {
  const highest = Math.max(0, ...run.steps.map(({ weight }) => weight));
  const checks = run.checks
    .filter(({ verdict }) => verdict === 'pass')
    .slice(0, 3)
    .map(checkText);
  return [`every step up to ${highest} % has passed`, ...checks].join(', ');
};

/** The primary runs what was judged and takes all traffic again; when the plane agrees, the run is promoted. */
export const returning = (observed: Observed, now: number, run: RunStatus): Turn => {
  const route = holdRoute(observed, 0, { mayRaise: false });
  const kept = { ...route, after: [...upkeep(observed), ...route.after], effects: [] };
  const drained = drainedAt(observed, run);
  if (drained === undefined || now < drained) {
    return followedBy(kept, turn(observed.status, drained === undefined ? {} : { wakeAt: drained }));
  }
  return followedBy(kept, conclude(observed, now, run, { outcome: 'Promoted', reason: promotionReason(run) }));
};
