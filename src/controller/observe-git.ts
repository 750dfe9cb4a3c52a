import { parseRepository } from '../api/parse.ts';
import type { Problem } from '../api/problem.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import type { GitView } from '../rollout/observed.ts';
import type { Scene } from './scene.ts';

export type GitObservation = { readonly git: GitView; readonly problems: readonly Problem[] };

const OFF: GitObservation = { git: { mode: 'off' }, problems: [] };

const problem = (message: string, reason: Problem['reason'] = 'InvalidSpec'): GitObservation => ({
  git: { mode: 'off' },
  problems: [{ where: 'spec.git.repositoryRef', message, reason }],
});

/** Where outcomes go: the Repository that the Canary names, if it may use it and it can be written to. */
export const observeGit = ({ canary, view }: Scene): GitObservation => {
  const { git } = canary.spec;
  if (git === undefined) return OFF;
  const namespace = git.repositoryRef.namespace ?? canary.namespace;
  const key = `${namespace}/${git.repositoryRef.name}`;
  const object = view.get({
    apiVersion: 'serin.dev/v1alpha1',
    kind: 'Repository',
    namespace,
    name: git.repositoryRef.name,
  });
  if (object === undefined) return problem(`Repository ${key} does not exist: create it, or name one that does`);
  const parsed = parseRepository(object);
  if (!parsed.ok)
    return problem(
      `Repository ${key} is not valid: ${parsed.problems.map(({ where, message }) => `${where}: ${message}`).join('; ')}`,
    );
  const { spec } = parsed;
  if (namespace !== canary.namespace && !spec.allowedNamespaces.includes(canary.namespace)) {
    return problem(
      `Repository ${key} does not allow namespace ${canary.namespace}: add it to its spec.allowedNamespaces, or use a Repository of this namespace`,
      'AccessDenied',
    );
  }
  const missing = [...missingSecrets(spec, { namespace, view })];
  if (spec.secretRef === undefined && /^(https?|ssh):|@/.test(spec.url)) {
    missing.push(
      `Repository ${key} has no spec.secretRef: name a Secret with username and password, bearerToken, or identity and known_hosts`,
    );
  }
  if (missing.length > 0) return problem(missing.join('; '));
  return {
    git: {
      mode: 'on',
      repository: key,
      url: spec.url,
      branch: spec.branch,
      path: git.path,
      onSuccess: git.onSuccess,
      onFailure: git.onFailure ?? (spec.provider === undefined ? 'revert' : 'revertOrPullRequest'),
    },
    problems: [],
  };
};

type Spec = Extract<ReturnType<typeof parseRepository>, { ok: true }>['spec'];

/** Secrets that the Repository names and that are not there. */
const missingSecrets = (
  spec: Spec,
  of: { readonly namespace: string; readonly view: Scene['view'] },
): readonly string[] => {
  const named = [
    ['spec.secretRef', spec.secretRef],
    ['spec.signingKeyRef', spec.signingKeyRef],
    ['spec.provider.secretRef', spec.provider?.secretRef],
  ] as const;
  const isThere = (name: string): KubeObject | undefined =>
    of.view.get({ apiVersion: 'v1', kind: 'Secret', namespace: of.namespace, name });
  return named.flatMap(([where, ref]) =>
    ref === undefined || isThere(ref.name) !== undefined
      ? []
      : [`Secret ${of.namespace}/${ref.name} of ${where} does not exist`],
  );
};
