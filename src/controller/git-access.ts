import { parseRepository } from '../api/parse.ts';
import type { RepositorySpec } from '../api/repository.ts';
import { pullRequestHostOf } from '../git/providers/pull-request-host-of.ts';
import { type RepositoryAccess, repositoryAccess } from '../git/repository-access.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Clock } from '../lib/clock.ts';
import type { Caches } from './caches.ts';
import { readSecret } from './secrets.ts';

export type GitAccessDeps = {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Also http:// and file:// repositories. */
  readonly allowInsecure: boolean;
};

/** The Repository `namespace/name` as it stands, parsed; undefined when there is none. */
export const repositoryOf = (key: string, caches: Caches): ReturnType<typeof parseRepository> | undefined => {
  const [namespace = '', name = ''] = key.split('/');
  const object = caches.get({ apiVersion: 'serin.dev/v1alpha1', kind: 'Repository', namespace, name });
  return object && parseRepository(object);
};

/** What opens the Repository `namespace/name`; its Secrets are read now. Rejects with GitError `config`. */
export const gitAccess = async (key: string, spec: RepositorySpec, deps: GitAccessDeps): Promise<RepositoryAccess> => {
  const { client, clock, allowInsecure } = deps;
  const [namespace = ''] = key.split('/');
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
