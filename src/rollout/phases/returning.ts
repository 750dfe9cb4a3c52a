import type { RunStatus } from '../../api/canary-status.ts';
import { conclude } from '../conclude.ts';
import { drainedAt } from '../drain.ts';
import { keeping } from '../keeping.ts';
import type { Observed } from '../observed.ts';
import { stepsOf } from '../plan.ts';
import { checkText } from '../sentence.ts';
import { type Turn, turn } from '../turn.ts';
import { upkeep } from '../upkeep.ts';

/** Taking everything while the primary changes is no step that was judged: it stands after the planned ones. */
const promotionReason = ({ canary }: Observed, run: RunStatus): string => {
  const planned = stepsOf(canary.spec);
  const judged = run.steps.filter(({ index, weight }) => index <= planned.length || planned.includes(weight));
  const highest = Math.max(0, ...judged.map(({ weight }) => weight));
  const checks = run.checks
    .filter(({ verdict }) => verdict === 'pass')
    .slice(0, 3)
    .map(checkText);
  return [`every step up to ${highest} % has passed`, ...checks].join(', ');
};

/** The primary runs what was judged and takes all traffic again; when the plane agrees, the run is promoted. */
export const returning = (observed: Observed, now: number, run: RunStatus): Turn => {
  const drained = drainedAt(observed, run);
  const next =
    drained === undefined || now < drained
      ? turn(observed.status, drained === undefined ? {} : { wakeAt: drained })
      : conclude(observed, now, run, { outcome: 'Promoted', reason: promotionReason(observed, run) });
  return keeping(observed, next, { weight: 0, mayRaise: false, upkeep: upkeep(observed) });
};
