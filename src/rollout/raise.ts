import type { CanaryStatus, RunStatus } from '../api/canary-status.ts';
import { endStep } from './conclude.ts';
import { CAPS } from './limits.ts';
import type { Observed } from './observed.ts';
import { nextStep, type PlannedStep, stepsOf } from './plan.ts';
import { sizeCanary, weightToCome } from './sides.ts';
import { timeText } from './time.ts';
import { type Turn, turn } from './turn.ts';

/** The run at another weight, with a new step begun and everything that was counted for the old one dropped. */
export const atWeight = (run: RunStatus, step: PlannedStep, now: number): RunStatus => {
  const { windowEnd: _windowEnd, deadline: _deadline, ...rest } = run;
  const at = timeText(now);
  const steps = [...endStep(run.steps, now), { ...step, from: at }];
  return { ...rest, step: step.index, weight: { set: step.weight, since: at }, steps: steps.slice(-CAPS.steps) };
};

/** One step up: the intent first, then the route and the canary's size for the step after. */
export const raise = (observed: Observed, now: number, run: RunStatus): Turn => {
  const { spec } = observed.canary;
  const step = nextStep(spec, run.weight.set);
  if (step === undefined) return turn(observed.status);
  const since = run.stage === 'shifting' ? run.stageSince : timeText(now);
  const raised: RunStatus = { ...atWeight(run, step, now), stage: 'shifting', stageSince: since };
  const status: CanaryStatus = { ...observed.status, run: raised, phase: 'Progressing' };
  const note = `Weight ${run.weight.set}% -> ${step.weight}% (step ${step.index}/${stepsOf(spec).length})`;
  return turn(status, {
    after: [
      { type: 'setRoute', canaryWeight: step.weight },
      ...sizeCanary(observed, run, weightToCome(observed, step.weight)),
    ],
    events: [{ reason: 'WeightChanged', note }],
  });
};
