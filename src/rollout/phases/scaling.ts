import type { RunStatus, StableStatus } from '../../api/canary-status.ts';
import { conclude } from '../conclude.ts';
import { NOTHING } from '../exposing.ts';
import { keeping } from '../keeping.ts';
import type { Observed } from '../observed.ts';
import { BEFORE, loadOf, nextStep } from '../plan.ts';
import { raise } from '../raise.ts';
import { canaryCarries, canaryName, sizeCanary } from '../sides.ts';
import { timeMs } from '../time.ts';
import { type Turn, turn } from '../turn.ts';
import { upkeepWithPrimary } from '../upkeep.ts';
import { settledAt } from '../window.ts';
import { fastBecause, fastForward } from './promoting.ts';

/** Brings the canary up for the first weight: template stored, pods ready and visible. Only the deadline ends the wait. */
export const scaling = (observed: Observed, now: number, run: RunStatus, stable: StableStatus): Turn => {
  const { side, pinned, canary, route, status } = observed;
  const step = nextStep(canary.spec, BEFORE);
  const first = step === undefined ? 100 : loadOf(step);
  const carries = canaryCarries(observed, run, first);
  const mayGoOn = run.paused === undefined;
  if (carries && mayGoOn && settledAt(route, NOTHING) !== undefined) {
    const next = fastBecause(observed, run) === undefined ? raise(observed, now, run) : fastForward(observed, now, run);
    if (next !== undefined) return next;
  }
  const gaveUp = side?.revision === run.revision && side.deadlineExceeded;
  const deadline = timeMs(run.deadline ?? run.stageSince);
  if (mayGoOn && (gaveUp || now >= deadline)) {
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
  const waiting = turn(status, { after: sizeCanary(observed, run, first), ...(mayGoOn ? { wakeAt: deadline } : {}) });
  return keeping(observed, waiting, {
    exposure: NOTHING,
    mayRaise: false,
    upkeep: upkeepWithPrimary(observed, stable),
  });
};
