import type { CanaryStatus, Condition } from '../api/canary-status.ts';
import type { Problem } from '../api/problem.ts';
import type { EventNote } from './decision.ts';
import { problemText } from './problem-text.ts';
import { timeText } from './time.ts';

/**
 * What becomes of a Canary whose spec can't be understood, where admission was bypassed: nothing is decided about it,
 * only its conditions say what is wrong. Whatever serves goes on serving.
 */
export const refuse = (
  status: CanaryStatus,
  {
    problems,
    generation,
    now,
  }: { readonly problems: readonly Problem[]; readonly generation: number; readonly now: number },
): { readonly status: CanaryStatus; readonly events: readonly EventNote[] } => {
  const message = problemText(problems);
  const reason = problems[0]?.reason ?? 'InvalidSpec';
  const condition = (type: Condition['type'], state: Condition['status']): Condition => {
    const before = status.conditions.find((known) => known.type === type);
    const lastTransitionTime = before?.status === state ? before.lastTransitionTime : timeText(now);
    return { type, status: state, reason, message, lastTransitionTime, observedGeneration: generation };
  };
  const stalled = status.conditions.find(({ type }) => type === 'Stalled');
  const known = stalled?.status === 'True' && stalled.message === message;
  const kept = status.conditions.filter(({ type }) => type === 'Promoted' || type === 'GitSynced');
  return {
    status: {
      ...status,
      observedGeneration: generation,
      conditions: [
        condition('Ready', 'False'),
        condition('Reconciling', 'False'),
        condition('Stalled', 'True'),
        ...kept,
      ],
    },
    events: known ? [] : [{ reason, note: message }],
  };
};
