import type { RunStatus, StableStatus } from '../../api/canary-status.ts';
import { conclude } from '../conclude.ts';
import { keeping } from '../keeping.ts';
import type { Observed } from '../observed.ts';
import { nextStep } from '../plan.ts';
import { raise } from '../raise.ts';
import { canaryCarries, canaryName, sizeCanary } from '../sides.ts';
import { timeMs } from '../time.ts';
import { type Turn, turn } from '../turn.ts';
import { upkeepWithPrimary } from '../upkeep.ts';
import { settledAt } from '../window.ts';

/** Brings the canary up for the first weight: template stored, pods ready and visible. Only the deadline ends the wait. */
export const scaling = (observed: Observed, now: number, run: RunStatus, stable: StableStatus): Turn => {
  const { side, pinned, canary, route, status } = observed;
  const first = nextStep(canary.spec, 0)?.weight ?? 100;
  const carries = canaryCarries(observed, run, first);
  if (carries && settledAt(route, 0) !== undefined) return raise(observed, now, run);
  const gaveUp = side?.revision === run.revision && side.deadlineExceeded;
  const deadline = timeMs(run.deadline ?? run.stageSince);
  if (gaveUp || now >= deadline) {
    const seconds = canary.spec.progressDeadlineSeconds;
    const missing = pinned.includes(run.revision) ? 'it has no ready pod' : 'its template is not stored';
    const why = observed.refused?.note ?? side?.waiting ?? missing;
    return conclude(observed, now, run, {
      outcome: 'RolledBack',
      cause: carries ? 'RouteNotObserved' : 'DeadlineExceeded',
      reason: carries
        ? `the route was not accepted within ${seconds} s: ${route.detail}`
        : `${canaryName(observed)} was not ready within ${seconds} s: ${why}`,
    });
  }
  const waiting = turn(status, { after: sizeCanary(observed, run, first), wakeAt: deadline });
  return keeping(observed, waiting, { weight: 0, mayRaise: false, upkeep: upkeepWithPrimary(observed, stable) });
};
