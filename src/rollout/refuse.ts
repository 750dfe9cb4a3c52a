import type { CanaryStatus } from '../api/canary-status.ts';
import type { Problem } from '../api/problem.ts';
import { withTransitions } from './conditions.ts';
import type { EventNote } from './decision.ts';
import { problemsNote, problemText } from './problem-text.ts';

/**
 * For a Canary whose spec cannot even be read: what is wrong is said in status and, once, in an event. Everything else
 * stays as it is, and a run that is under way is held at its weight.
 */
export const refuse = (
  status: CanaryStatus,
  {
    problems,
    generation,
    now,
  }: { readonly problems: readonly Problem[]; readonly generation: number; readonly now: number },
): { readonly status: CanaryStatus; readonly events: readonly EventNote[] } => {
  const reason = problems[0]?.reason ?? 'InvalidSpec';
  const message = problemText(problems);
  const wrong = withTransitions(
    status.conditions,
    [
      ['Ready', { status: 'False', reason, message }],
      ['Stalled', { status: 'True', reason, message }],
    ],
    { generation, now },
  );
  const others = status.conditions.filter(({ type }) => type !== 'Ready' && type !== 'Stalled');
  return {
    status: { ...status, observedGeneration: generation, conditions: [...wrong, ...others] },
    events: problemsNote(status, problems),
  };
};
