import { parseRepository } from '../../api/parse.ts';
import type { OutcomeWriter } from '../../git/engine.ts';
import { pullRequestHostOf } from '../../git/providers/pull-request-host-of.ts';
import { type RepositoryAccess, repositoryAccess } from '../../git/repository-access.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Clock } from '../../lib/clock.ts';
import type { CommitEffect, EffectResult } from '../../rollout/effect.ts';
import type { Caches } from '../caches.ts';
import { readSecret } from '../secrets.ts';

export type CommitDeps = {
  readonly client: KubeClient;
  readonly caches: Caches;
  readonly clock: Clock;
  readonly git: OutcomeWriter;
  /** Also http:// and file:// repositories. */
  readonly allowInsecure: boolean;
};

/** Writes one outcome; the Repository and its Secrets are read now. A
 * Repository that can't be used as it stands rejects: it is tried again, and the condition tells why until it is mended. */
export const executeCommit = async (
  { operation }: CommitEffect,
  { signal, ...deps }: CommitDeps & { readonly signal: AbortSignal },
): Promise<EffectResult> => {
  const refused = (reason: string, detail: string): EffectResult => ({
    kind: 'commit',
    git: { state: 'Refused', reason, detail },
  });
  const [namespace = '', name = ''] = operation.repository.split('/');
  const object = deps.caches.get({ apiVersion: 'serin.dev/v1alpha1', kind: 'Repository', namespace, name });
  if (object === undefined)
    return refused('SourceUnknown', `Repository ${operation.repository} does not exist any more`);
  const parsed = parseRepository(object);
  if (!parsed.ok)
    return refused('SourceUnknown', `Repository ${operation.repository}: ${parsed.problems[0]?.message ?? ''}`);
  const access = await accessOf(parsed.spec, namespace, deps);
  return { kind: 'commit', git: await deps.git.commit(operation, access, signal) };
};

type Spec = Extract<ReturnType<typeof parseRepository>, { ok: true }>['spec'];

const accessOf = async (spec: Spec, namespace: string, deps: CommitDeps): Promise<RepositoryAccess> => {
  const { client, clock, allowInsecure } = deps;
  const secret = async (ref: { readonly name: string } | undefined) =>
    ref === undefined ? undefined : await readSecret(client, { namespace, name: ref.name });
  const [transport, signing, token] = await Promise.all([
    secret(spec.secretRef),
    secret(spec.signingKeyRef),
    secret(spec.provider?.secretRef),
  ]);
  const host =
    spec.provider === undefined
      ? undefined
      : pullRequestHostOf(spec.provider, { url: spec.url, token: token?.['token'], clock, allowInsecure });
  return repositoryAccess(spec, { transport, signing }, { host, allowInsecure });
};
