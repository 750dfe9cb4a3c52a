import type { CanaryStatus, RunStatus } from '../api/canary-status.ts';
import { movedAffinity } from './affinity.ts';
import { endStep } from './conclude.ts';
import { exposureOf } from './exposing.ts';
import { CAPS } from './limits.ts';
import type { Observed } from './observed.ts';
import { nextStep, type PlannedStep, planOf } from './plan.ts';
import { loadToCome, sizeCanary } from './sides.ts';
import { stepText } from './step-text.ts';
import { timeText } from './time.ts';
import { type Turn, turn } from './turn.ts';

/** The run at another step, with a new step begun and everything that was counted for the old one dropped. */
export const atStep = (run: RunStatus, step: PlannedStep, now: number): RunStatus => {
  const { windowEnd: _windowEnd, deadline: _deadline, passed: _passed, advance: _advance, ...rest } = run;
  const { index, weight, mirror, matched } = step;
  const at = timeText(now);
  const beside = { ...(mirror === undefined ? {} : { mirror }), ...(matched === undefined ? {} : { matched }) };
  const steps = [...endStep(run.steps, now), { index, weight, ...beside, from: at }];
  return {
    ...rest,
    ...movedAffinity(run, weight, now),
    step: index,
    weight: { set: weight, ...beside, since: at },
    steps: steps.slice(-CAPS.steps),
  };
};

/** One step up: the intent first, then the route and the canary's size for the step after. */
export const raise = (observed: Observed, now: number, run: RunStatus): Turn => {
  const { spec } = observed.canary;
  const step = nextStep(spec, run);
  if (step === undefined) return turn(observed.status);
  const since = run.stage === 'shifting' ? run.stageSince : timeText(now);
  const raised: RunStatus = { ...atStep(run, step, now), stage: 'shifting', stageSince: since };
  const status: CanaryStatus = { ...observed.status, run: raised, phase: 'Progressing' };
  const place = `(step ${step.index}/${planOf(spec).length})`;
  const note =
    step.weight === 0
      ? `The canary gets ${stepText(step)} ${place}`
      : `Weight ${run.weight.set}% -> ${step.weight}% ${place}`;
  return turn(status, {
    after: [{ type: 'setRoute', ...exposureOf(raised) }, ...sizeCanary(observed, raised, loadToCome(observed, raised))],
    events: [{ reason: 'WeightChanged', note }],
  });
};
