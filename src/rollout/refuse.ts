import type { CanaryStatus } from '../api/canary-status.ts';
import type { Problem } from '../api/problem.ts';
import { withTransitions } from './conditions.ts';
import type { EventNote } from './decision.ts';
import { problemsNote, problemText, untold } from './problems.ts';

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

/** A Canary of which nothing but this can be told: the API server refused what has to be done before anything else. */
export const stopped = (
  status: CanaryStatus,
  { refusal, generation, now }: { readonly refusal: EventNote; readonly generation: number; readonly now: number },
): { readonly status: CanaryStatus; readonly events: readonly EventNote[] } => {
  const said = { status: 'True', reason: refusal.reason, message: refusal.note } as const;
  const [stalled] = withTransitions(status.conditions, [['Stalled', said]], { generation, now });
  const conditions = status.conditions.map((one) => (one.type === 'Stalled' && stalled ? stalled : one));
  return { status: { ...status, conditions }, events: untold(status, refusal) };
};
