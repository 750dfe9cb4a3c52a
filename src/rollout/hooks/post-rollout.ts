import type { HistoryStatus, OutboxStatus } from '../../api/canary-status.ts';
import type { Outcome, Phase } from '../../api/words.ts';
import { hashOf } from '../../lib/hash.ts';
import type { HookEffect } from '../effect.ts';
import { promotes, rejects } from '../history.ts';
import type { Observed } from '../observed.ts';
import { hookEffect, payloadOf } from './hook-effect.ts';
import { hooksOf } from './hooks-of.ts';

/** What Flagger calls the end of a run; one without a verdict is none that it knows. */
const phaseOf = (outcome: Outcome): Phase =>
  promotes(outcome) ? 'Succeeded' : rejects(outcome) ? 'Failed' : 'Progressing';

/** The calls that are owed to the hooks of type post-rollout once a run has its outcome, as entries of the outbox. */
export const entriesAfter = ({ cluster, canary }: Observed, run: HistoryStatus): readonly OutboxStatus[] =>
  hooksOf(canary.spec, 'post-rollout').map(({ name }) => ({
    id: hashOf({ cluster, canary: canary.uid, run: run.id, outcome: run.outcome, hook: name }),
    kind: 'hook',
    hook: name,
    run: run.id,
    state: 'Pending',
    attempts: 0,
    since: run.endedAt,
  }));

/** The call behind such an entry; undefined when the hook is gone, or the run forgotten. */
export const callAfter = (observed: Observed, entry: OutboxStatus, key: string): HookEffect | undefined => {
  const hook = hooksOf(observed.canary.spec, 'post-rollout').find(({ name }) => name === entry.hook);
  const run = observed.status.history.find(({ id }) => id === entry.run);
  if (hook === undefined || run === undefined) return undefined;
  const payload = payloadOf(observed, hook, { phase: phaseOf(run.outcome), run });
  return hookEffect(observed, hook, { key, payload });
};
