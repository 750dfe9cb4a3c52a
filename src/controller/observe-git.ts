import { parseRepository } from '../api/parse.ts';
import type { Problem } from '../api/problem.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import type { GitView } from '../rollout/observed.ts';
import type { Scene } from './scene.ts';

export type GitObservation = {
  readonly git: GitView;
  readonly problems: readonly Problem[];
  /** Changes with the Repository and the content of its Secrets. */
  readonly version: string;
};

const OFF: GitObservation = { git: { mode: 'off' }, problems: [], version: '' };

const problem = (message: string, reason: Problem['reason'] = 'InvalidSpec'): GitObservation => ({
  ...OFF,
  problems: [{ where: 'spec.git.repositoryRef', message, reason }],
});

/** Where outcomes go: the Repository that the Canary names, if it may use it and it can be written to. */
export const observeGit = ({ canary, view }: Scene): GitObservation => {
  const { git } = canary.spec;
  if (git === undefined) return OFF;
  const namespace = git.repositoryRef.namespace ?? canary.namespace;
  const key = `${namespace}/${git.repositoryRef.name}`;
  const ref = { apiVersion: 'serin.dev/v1alpha1', kind: 'Repository', namespace, name: git.repositoryRef.name };
  const object = view.get(ref);
  if (object === undefined && !view.sees(ref)) {
    return problem(
      `Repository ${key} is in a namespace that this controller does not watch: use a Repository of namespace ${canary.namespace}`,
      'AccessDenied',
    );
  }
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
  const secrets = namedSecrets(spec, { namespace, view });
  const missing = secrets.flatMap(({ where, name, object }) =>
    object === undefined ? [`Secret ${namespace}/${name} of ${where} does not exist`] : [],
  );
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
    version: versionOf(object, secrets),
  };
};

const versionOf = ({ metadata }: KubeObject, secrets: readonly NamedSecret[]): string => {
  const contents = secrets.map(({ object }) => `${object?.metadata.uid}/${object?.metadata.resourceVersion}`);
  return [`${metadata.uid}/${metadata.generation}`, ...contents].join(' ');
};

type Spec = Extract<ReturnType<typeof parseRepository>, { ok: true }>['spec'];

type NamedSecret = { readonly where: string; readonly name: string; readonly object: KubeObject | undefined };

/** The Secrets that the Repository names, and what is known of them. */
const namedSecrets = (
  spec: Spec,
  of: { readonly namespace: string; readonly view: Scene['view'] },
): readonly NamedSecret[] => {
  const named = [
    ['spec.secretRef', spec.secretRef],
    ['spec.signingKeyRef', spec.signingKeyRef],
    ['spec.provider.secretRef', spec.provider?.secretRef],
  ] as const;
  return named.flatMap(([where, ref]) => {
    if (ref === undefined) return [];
    const object = of.view.get({ apiVersion: 'v1', kind: 'Secret', namespace: of.namespace, name: ref.name });
    return [{ where, name: ref.name, object }];
  });
};
