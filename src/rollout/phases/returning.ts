import type { RunStatus } from '../../api/canary-status.ts';
import { conclude } from '../conclude.ts';
import { drainedAt } from '../drain.ts';
import { exposureOf } from '../exposing.ts';
import { keeping } from '../keeping.ts';
import type { Observed } from '../observed.ts';
import { intervalMs, planOf } from '../plan.ts';
import { checkText } from '../sentence.ts';
import { canaryServes, primaryName, primaryServes } from '../sides.ts';
import { timeMs, timeText } from '../time.ts';
import { type Turn, turn } from '../turn.ts';
import { upkeepWithPrimary } from '../upkeep.ts';

/** What the analysis came to; a weight that the canary only had while the primary changed was not judged. */
const promotionReason = ({ canary, status }: Observed, run: RunStatus): string => {
  if (run.fast !== undefined) return run.fast;
  const checks = run.checks
    .filter(({ verdict }) => verdict === 'pass')
    .slice(0, 3)
    .map(checkText);
  const { iterations = 0 } = canary.spec.analysis;
  const passed = status.iterations ?? iterations;
  switch (run.strategy) {
    case 'abTest':
      return [`${passed} windows with the requests that match have passed`, ...checks].join(', ');
    case 'blueGreen':
      return [`${passed} windows and one at 100 % have passed`, ...checks].join(', ');
    case 'canary': {
      const planned = planOf(canary.spec);
      const judged = run.steps.filter(
        ({ index, weight }) => index <= planned.length || planned.some((step) => step.weight === weight),
      );
      const highest = Math.max(0, ...judged.map(({ weight }) => weight));
      return [`every step up to ${highest} % has passed`, ...checks].join(', ');
    }
  }
};

/** The weight after this one on the way back to the primary, which runs the same version now. */
const weightBack = ({ canary }: Observed, { strategy, weight, step }: RunStatus): number => {
  const { stepWeightPromotion = 0 } = canary.spec.analysis;
  if (strategy !== 'canary' || stepWeightPromotion === 0 || step === 0) return 0;
  return Math.max(0, weight.set - stepWeightPromotion);
};

/** The run with less weight, all at once or a step of `stepWeightPromotion`. */
export const lessWeight = (observed: Observed, now: number, run: RunStatus): Turn => {
  const to = canaryServes(observed, run) ? weightBack(observed, run) : 0;
  const next: RunStatus = { ...run, weight: { set: to, since: timeText(now) } };
  const note = `Weight ${run.weight.set}% -> ${to}%: ${primaryName(observed)} serves revision ${run.revision}`;
  return turn(
    { ...observed.status, run: next },
    { before: [{ type: 'setRoute', ...exposureOf(next) }], events: [{ reason: 'WeightChanged', note }] },
  );
};

/** Some weight is left at the canary: each stands for one interval, unless the canary has nobody to answer any more. */
const weightLeft = (observed: Observed, now: number, run: RunStatus): Turn => {
  const at = timeMs(run.weight.since) + intervalMs(observed.canary.spec);
  // A primary that has lost its pods cannot take more.
  if (!primaryServes(observed)) return turn(observed.status);
  if (now >= at || !canaryServes(observed, run)) return lessWeight(observed, now, run);
  return turn(observed.status, { wakeAt: at });
};

/** All traffic is the primary's again; when the plane agrees, the run is promoted. */
const drained = (observed: Observed, now: number, run: RunStatus): Turn => {
  const at = drainedAt(observed, run);
  if (at === undefined || now < at) return turn(observed.status, at === undefined ? {} : { wakeAt: at });
  const outcome = run.fast === undefined ? 'Promoted' : 'FastPromoted';
  return conclude(observed, now, run, { outcome, reason: promotionReason(observed, run) });
};

/** The primary runs what was judged and takes all traffic again. */
export const returning = (observed: Observed, now: number, run: RunStatus): Turn => {
  const next = run.weight.set > 0 ? weightLeft(observed, now, run) : drained(observed, now, run);
  const mayRaise = canaryServes(observed, run);
  return keeping(observed, next, { exposure: exposureOf(run), mayRaise, upkeep: upkeepWithPrimary(observed, run) });
};
