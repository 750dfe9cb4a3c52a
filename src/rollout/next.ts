import type { CanarySpec } from '../api/canary.ts';
import type { GateStatus, RunStatus } from '../api/canary-status.ts';
import { sidesBase } from '../api/target-kinds.ts';
import { assertNever } from '../lib/assert-never.ts';
import { waitingGate } from './hooks/gates.ts';
import { SETTLE_MS } from './limits.ts';
import { intervalMs, nextStep, windowsNeeded } from './plan.ts';
import { stepText } from './step-text.ts';
import { timeMs, timeText } from './time.ts';

type Next = NonNullable<RunStatus['next']>;

const afterWindow = (spec: CanarySpec, run: RunStatus): Next => {
  const interval = intervalMs(spec);
  const last = run.windowEnd === undefined ? timeMs(run.weight.since) + SETTLE_MS : timeMs(run.windowEnd);
  const at = timeText(last + interval);
  const step = nextStep(spec, run);
  const left = windowsNeeded(spec, run) - (run.passed ?? 0);
  const then = left > 1 ? `${left} windows more` : step === undefined ? 'promotion' : `${step.weight} %`;
  return { at, action: `${then} if the checks hold, rollback if they do not` };
};

/** What a canary that is ready gets first. */
const scaledTo = (spec: CanarySpec, run: RunStatus): string => {
  if (run.fast !== undefined || spec.skipAnalysis === true) return 'promotion';
  const first = nextStep(spec, run);
  return first === undefined ? `${run.weight.set} %` : stepText(first);
};

/** What is behind a gate, and how long it is waited for. */
const atGate = (spec: CanarySpec, run: RunStatus, { name, type, deadline }: GateStatus): Next => {
  const canary = `${sidesBase(spec)}-canary`;
  const step = nextStep(spec, run);
  const behind =
    type === 'confirm-rollout'
      ? `${canary} starts`
      : step === undefined || run.fast !== undefined
        ? 'promotion'
        : stepText(step);
  const at = deadline === undefined ? '' : `, rollback at ${deadline.slice(0, 19)}Z if it is not`;
  return { action: `${behind} once gate "${name}" is open${at}` };
};

/** What happens next in a run: it changes with the run's own transitions only, never by time passing. */
export const nextOf = (spec: CanarySpec, run: RunStatus): Next => {
  const name = sidesBase(spec);
  if (run.paused !== undefined && (run.stage === 'scaling' || run.stage === 'shifting')) {
    const how = run.paused.by === undefined ? 'spec.suspend is false' : 'somebody resumes it';
    return { action: `paused until ${how}; rollback if the checks fail` };
  }
  if (run.held !== undefined) return { action: `a person decides: ${run.held}` };
  const gate = waitingGate(run);
  if (gate !== undefined) return atGate(spec, run, gate);
  switch (run.stage) {
    case 'scaling':
      return { action: `${scaledTo(spec, run)} once ${name}-canary is ready` };
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
