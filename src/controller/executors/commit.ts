import type { OutcomeWriter } from '../../git/engine.ts';
import type { CommitEffect, EffectResult } from '../../rollout/effect.ts';
import type { Caches } from '../caches.ts';
import { type GitAccessDeps, gitAccess, repositoryOf } from '../git-access.ts';

export type CommitDeps = GitAccessDeps & { readonly caches: Caches; readonly git: OutcomeWriter };

/**
 * Writes one outcome; the Repository and its Secrets are read now. A Repository that can't be used as it stands
 * rejects: it is tried again, and the condition tells why until it is mended.
 */
export const executeCommit = async (
  { operation }: CommitEffect,
  { signal, ...deps }: CommitDeps & { readonly signal: AbortSignal },
): Promise<EffectResult> => {
  const { repository } = operation;
  const refused = (detail: string): EffectResult => ({
    kind: 'commit',
    git: { state: 'Refused', reason: 'SourceUnknown', detail },
  });
  const parsed = repositoryOf(repository, deps.caches);
  if (parsed === undefined) return refused(`Repository ${repository} does not exist any more`);
  if (!parsed.ok) return refused(`Repository ${repository}: ${parsed.problems[0]?.message ?? ''}`);
  const access = await gitAccess(repository, parsed.spec, deps);
  return { kind: 'commit', git: await deps.git.commit(operation, access, signal) };
};
