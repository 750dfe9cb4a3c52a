import type { CanarySpec } from '../api/canary.ts';
import type { RunStatus } from '../api/canary-status.ts';
import { assertNever } from '../lib/assert-never.ts';
import { SETTLE_MS } from './limits.ts';
import { intervalMs, nextStep } from './plan.ts';
import { timeMs, timeText } from './time.ts';

type Next = NonNullable<RunStatus['next']>;

const afterWindow = (spec: CanarySpec, run: RunStatus): Next => {
  const interval = intervalMs(spec);
  const last = run.windowEnd === undefined ? timeMs(run.weight.since) + SETTLE_MS : timeMs(run.windowEnd);
  const at = timeText(last + interval);
  const step = nextStep(spec, run.weight.set);
  const then = step === undefined ? 'promotion' : `${step.weight} %`;
  return { at, action: `${then} if the checks hold, rollback if they do not` };
};

/** What happens next in a run: it changes with the run's own transitions only, never by time passing. */
export const nextOf = (spec: CanarySpec, run: RunStatus): Next => {
  const name = spec.targetRef.name;
  if (run.held !== undefined) return { action: `a person decides: ${run.held}` };
  switch (run.stage) {
    case 'scaling':
      return { action: `${nextStep(spec, run.weight.set)?.weight ?? run.weight.set} % once ${name}-canary is ready` };
    case 'shifting':
      return afterWindow(spec, run);
    case 'promoting':
      return { action: `all traffic to ${name}-primary once it is ready` };
    case 'returning':
    case 'ending':
      return { action: `${name}-canary goes once its traffic has drained` };
    default:
      return assertNever(run.stage, 'stage');
  }
};
