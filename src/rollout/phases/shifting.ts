import type { RunStatus, StableStatus } from '../../api/canary-status.ts';
import { conclude } from '../conclude.ts';
import type { MeasureEffect } from '../effect.ts';
import { exposureOf } from '../exposing.ts';
import { routeFight } from '../fight.ts';
import { windowHooks } from '../hooks/window-hooks.ts';
import { keeping } from '../keeping.ts';
import type { Observed } from '../observed.ts';
import { tell } from '../outbox.ts';
import { deadlineMs, intervalMs } from '../plan.ts';
import { canaryServes, loadToCome, sizeCanary } from '../sides.ts';
import { timeMs, timeText } from '../time.ts';
import { type Turn, turn } from '../turn.ts';
import { upkeepWithPrimary } from '../upkeep.ts';
import { measureEffect, settledAt } from '../window.ts';
import { type Answers, advanced, judgeStep } from './judging.ts';

const lastJudged = ({ windowEnd, weight }: RunStatus): number => timeMs(windowEnd ?? weight.since);

/** The weight is written and the plane has not taken it: wait, hold with its words, give up at the deadline. */
const unaccepted = (observed: Observed, now: number, run: RunStatus): Turn => {
  const { route, canary, status, refused } = observed;
  const fight = routeFight(observed);
  // A route that is written by turns begins anew again and again: what counts is how long nothing could be judged.
  const since = fight === undefined ? Math.max(timeMs(run.weight.since), route.since) : lastJudged(run);
  const giveUpAt = since + deadlineMs(canary.spec);
  if (now >= giveUpAt) {
    const seconds = canary.spec.progressDeadlineSeconds;
    return conclude(observed, now, run, {
      outcome: 'RolledBack',
      cause: 'RouteNotObserved',
      reason:
        fight === undefined
          ? `the route was not accepted within ${seconds} s: ${refused?.note ?? route.detail}`
          : `the route was not left in peace within ${seconds} s: ${fight.note}`,
    });
  }
  if (route.acceptance !== 'refused' || run.held !== undefined) return turn(status, { wakeAt: giveUpAt });
  const held = `The route is not accepted: ${route.detail}`;
  const told = tell(observed, { ...status, run: { ...run, held } }, { topic: 'held', run: run.id, now });
  return turn(told, { wakeAt: giveUpAt, events: [{ reason: 'RouteNotAccepted', note: route.detail }] });
};

/** What was answered; undefined while it may still come. A question that failed for a whole interval is no evidence. */
const answersTo = (
  observed: Observed,
  now: number,
  measure: MeasureEffect,
): Pick<Answers, 'checks' | 'hopeless'> | undefined => {
  if (measure.checks.length === 0) return { checks: [] };
  const state = observed.effects.get(measure.key);
  if (state?.state === 'done' && state.result.kind === 'measure') return state.result;
  const late = now >= measure.window.to + intervalMs(observed.canary.spec);
  if (state?.state !== 'failed' || !late) return undefined;
  const at = timeText(measure.window.to);
  return { checks: measure.checks.map(({ name }) => ({ name, at, verdict: 'error', message: state.error })) };
};

/** The run once the plane has taken its weight: a hold for that is over, one for want of evidence is not. */
const taken = (run: RunStatus): RunStatus => {
  const { held: _held, ...rest } = run;
  return run.noDataSince === undefined ? rest : run;
};

/** Asks about the window that is next, and goes on from the answer. */
const judging = (observed: Observed, now: number, run: RunStatus, settled: number): Turn => {
  const measure = measureEffect(observed, run, { settled, now });
  const { window } = measure;
  const hooks = windowHooks(observed, now, run, window);
  const next = advanced(observed, now, run);
  if (next !== undefined) return { ...next, effects: hooks.effects };
  const seen = { ...observed.status, run };
  if (now < window.to)
    return turn(seen, { effects: hooks.effects, wakeAt: now < window.from ? window.from : window.to });
  const effects = [measure, ...hooks.effects];
  const answers = answersTo(observed, now, measure);
  if (answers === undefined) return turn(seen, { effects, wakeAt: window.to + intervalMs(observed.canary.spec) });
  return { ...judgeStep(observed, now, run, { ...answers, window, asked: measure.checks, hooks }), effects };
};

/** A weight stands: see that it is taken, judge its windows, go on from what they say. */
export const shifting = (observed: Observed, now: number, run: RunStatus, stable: StableStatus): Turn => {
  const exposure = exposureOf(run);
  const settled = settledAt(observed.route, exposure);
  const next = settled === undefined ? unaccepted(observed, now, run) : judging(observed, now, taken(run), settled);
  const size = next.status.run?.stage === 'shifting' ? sizeCanary(observed, run, loadToCome(observed, run)) : [];
  const upkeep = [...upkeepWithPrimary(observed, stable), ...size];
  return keeping(observed, next, { exposure, mayRaise: canaryServes(observed, run), upkeep });
};
