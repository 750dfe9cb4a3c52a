import type { CanaryStatus } from '../api/canary-status.ts';
import type { Problem } from '../api/problem.ts';
import { withTransitions } from './conditions.ts';
import type { EventNote } from './decision.ts';
import { problemsNote, problemText } from './problems.ts';

/**
 * What becomes of a Canary whose spec can't be understood, where admission was bypassed: nothing is decided about it,
 * only its conditions and one event say what is wrong. Whatever serves goes on serving.
 */
export const refuse = (
  status: CanaryStatus,
  {
    problems,
    generation,
    now,
  }: { readonly problems: readonly Problem[]; readonly generation: number; readonly now: number },
): { readonly status: CanaryStatus; readonly events: readonly EventNote[] } => {
  const said = { reason: problems[0]?.reason ?? 'InvalidSpec', message: problemText(problems) };
  const wrong = withTransitions(
    status.conditions,
    [
      ['Ready', { status: 'False', ...said }],
      ['Reconciling', { status: 'False', ...said }],
      ['Stalled', { status: 'True', ...said }],
    ],
    { generation, now },
  );
  const kept = status.conditions.filter(({ type }) => type === 'Promoted' || type === 'GitSynced');
  return {
    status: { ...status, observedGeneration: generation, conditions: [...wrong, ...kept] },
    events: problemsNote(status, problems),
  };
};
