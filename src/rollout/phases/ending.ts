import type { CanaryStatus, StableStatus } from '../../api/canary-status.ts';
import type { Action } from '../decision.ts';
import { drainedAt } from '../drain.ts';
import { isClosed, isExposed, NOTHING } from '../exposing.ts';
import type { EndedRun } from '../history.ts';
import { keeping } from '../keeping.ts';
import type { Observed } from '../observed.ts';
import { recordOf } from '../record.ts';
import { primaryServes } from '../sides.ts';
import { stampText } from '../stamp.ts';
import { timeText } from '../time.ts';
import { type Turn, turn } from '../turn.ts';
import { upkeepWithPrimary } from '../upkeep.ts';
import { settled } from './settled.ts';

/**
 * The outcome stands; what is left is to drain the canary and to write the record. Then the run is over: its canary is
 * removed like any other that nobody needs, or gets the next run's template at once, so that its pods go as the new
 * ones come.
 */
export const ending = (observed: Observed, now: number, run: EndedRun, stable: StableStatus): Turn => {
  const { recorded, status } = observed;
  const { outcome, cause } = run;
  const drained = drainedAt(observed, run);
  const written = recorded.includes(run.id);
  if (drained !== undefined && now >= drained && written) {
    const { run: _ended, ...rest } = status;
    return settled({ ...observed, status: rest }, now, stable);
  }
  const stamp = stampText(run, { kind: 'outcome', outcome, ...(cause === undefined ? {} : { cause }) });
  const record: readonly Action[] = written ? [] : [{ type: 'writeRun', record: recordOf(observed, run) }];
  const lowered = isClosed(observed.route) || primaryServes(observed);
  const next: CanaryStatus =
    isExposed(run.weight) && lowered
      ? { ...status, run: { ...run, weight: { set: 0, since: timeText(now) } } }
      : status;
  return keeping(observed, turn(next, { after: record, ...(drained === undefined ? {} : { wakeAt: drained }) }), {
    exposure: NOTHING,
    mayRaise: false,
    stamp,
    upkeep: upkeepWithPrimary(observed, stable),
  });
};
