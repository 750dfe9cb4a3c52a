import type { RunStatus, StableStatus } from '../../api/canary-status.ts';
import { conclude } from '../conclude.ts';
import { NOTHING } from '../exposing.ts';
import { atGate, gateAhead, nextGate, phaseAt, waitingGate } from '../hooks/gates.ts';
import { preRollout } from '../hooks/pre-rollout.ts';
import { keeping } from '../keeping.ts';
import type { Observed } from '../observed.ts';
import { BEFORE, deadlineMs, loadOf, nextStep } from '../plan.ts';
import { raise } from '../raise.ts';
import { canaryCarries, canaryName, sizeCanary } from '../sides.ts';
import { timeMs, timeText } from '../time.ts';
import { type Turn, turn } from '../turn.ts';
import { upkeepWithPrimary } from '../upkeep.ts';
import { settledAt } from '../window.ts';
import { fastBecause, fastForward } from './promoting.ts';

/** What a run waits for without a deadline of its own: the time for the pods begins when it is over. */
const untimed = ({ deadline: _deadline, ...run }: RunStatus): RunStatus => run;

/** Nobody's request reaches the canary, and what serves is kept as it should be. */
const unexposed = (observed: Observed, next: Turn, stable: StableStatus): Turn =>
  keeping(observed, next, { exposure: NOTHING, mayRaise: false, upkeep: upkeepWithPrimary(observed, stable) });

/** The canary is ready: hooks have their say, then it gets its first requests; or it is promoted at once. */
const readyToGo = (observed: Observed, now: number, run: RunStatus, stable: StableStatus): Turn | undefined => {
  const { spec } = observed.canary;
  if (fastBecause(observed, run) !== undefined) {
    const next = fastForward(observed, now, run);
    const isAtGate = waitingGate(next?.status.run ?? run) !== undefined;
    if (!isAtGate) return next;
    const stays = turn({ ...observed.status, phase: phaseAt('confirm-promotion'), run: untimed(run) });
    return unexposed(observed, next ?? stays, stable);
  }
  const asked = preRollout(observed, now, untimed(run));
  if (asked !== undefined) return asked.status.run?.outcome === undefined ? unexposed(observed, asked, stable) : asked;
  const gate = gateAhead(spec, run);
  if (gate === undefined) return raise(observed, now, run);
  return unexposed(observed, turn({ ...observed.status, run: atGate(untimed(run), gate, now) }), stable);
};

/** Brings the canary up for the first weight: template stored, pods ready and visible. Only the deadline ends the wait. */
export const scaling = (seen: Observed, now: number, before: RunStatus, stable: StableStatus): Turn => {
  const { side, pinned, canary, route } = seen;
  const { spec } = canary;
  const gate = nextGate(spec, before, 'confirm-rollout');
  if (gate !== undefined) {
    const run = atGate(untimed(before), gate, now);
    return unexposed(seen, turn({ ...seen.status, phase: phaseAt('confirm-rollout'), run }), stable);
  }
  const deadline = before.deadline === undefined ? now + deadlineMs(spec) : timeMs(before.deadline);
  const run: RunStatus = { ...before, deadline: timeText(deadline) };
  const observed: Observed = { ...seen, status: { ...seen.status, phase: 'Progressing', run } };
  const step = nextStep(spec, BEFORE);
  const first = step === undefined ? 100 : loadOf(step);
  const carries = canaryCarries(observed, run, first);
  const mayGoOn = run.paused === undefined;
  if (carries && mayGoOn && settledAt(route, NOTHING) !== undefined) {
    const next = readyToGo(observed, now, run, stable);
    if (next !== undefined) return next;
  }
  const gaveUp = side?.revision === run.revision && side.deadlineExceeded;
  if (mayGoOn && (gaveUp || now >= deadline)) {
    const seconds = spec.progressDeadlineSeconds;
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
  const waiting = { after: sizeCanary(observed, run, first), ...(mayGoOn ? { wakeAt: deadline } : {}) };
  return unexposed(observed, turn(observed.status, waiting), stable);
};
