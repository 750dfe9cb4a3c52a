import { GROUP } from '../../api/names.ts';
import type { Problem } from '../../api/problem.ts';
import type { MissingRight } from '../../kube/kube-error.ts';
import type { Resource } from '../../lib/kube-object.ts';

/** Something in the cluster that a person must put right, whatever the Canaries say. */
export type ClusterProblem = {
  readonly type: 'AccessDenied' | 'NotInstalled' | 'Outdated' | 'Unreachable' | 'MetricsUnavailable';
  /** What it is about, such as `httproutes.gateway.networking.k8s.io`; one word, for a metric's label. */
  readonly about: string;
  /** What is wrong. */
  readonly message: string;
  /** What to apply or to set. */
  readonly remedy: string;
  /** The controller is not ready while it lasts. */
  readonly blocks: boolean;
};

/** Where the controller works, as far as its rights depend on it. */
export type Scope = { readonly namespace?: string | undefined; readonly leaseNamespace: string };

const INSTALL: Readonly<Record<string, string>> = {
  [GROUP]: 'kubectl apply -k deploy/kustomize, or the CRDs alone: kubectl apply -k crds',
  'gateway.networking.k8s.io':
    'kubectl apply --server-side -f https://github.com/kubernetes-sigs/gateway-api/releases/latest/download/standard-install.yaml, or use another provider',
  'networking.istio.io': "Istio's CRDs installed: its Helm chart base, or istioctl install",
  'appmesh.k8s.aws': "App Mesh's CRDs installed, by the Helm chart of appmesh-controller",
  'gateway.solo.io': "Gloo's CRDs installed, by the Helm chart gloo",
  'gloo.solo.io': "Gloo's CRDs installed, by the Helm chart gloo",
  'keda.sh': "KEDA's CRDs installed, by the Helm chart keda",
  'flagger.app':
    "Flagger's CRDs installed: kubectl apply -f https://raw.githubusercontent.com/fluxcd/flagger/main/artifacts/flagger/crd.yaml",
};

/** `deployments.apps`; `pods` of the core group. */
export const nameOf = ({ group, plural }: Pick<Resource, 'group' | 'plural'>): string =>
  group === '' ? plural : `${plural}.${group}`;

/** Message and remedy in one sentence: the same words in the log, at /readyz, and in conditions and events. */
export const wordsOf = ({ message, remedy }: Pick<ClusterProblem, 'message' | 'remedy'>): string =>
  `${message}; want: ${remedy}`;

/** Verbs that are of no use without each other: a list is followed by a watch, and a server-side apply may create. */
const COMPANIONS: Readonly<Record<string, readonly string[]>> = {
  list: ['list', 'watch'],
  watch: ['list', 'watch'],
  create: ['create', 'patch'],
  patch: ['create', 'patch'],
};

/** What only ever is patched, or only ever created. */
const ALONE: ReadonlySet<string> = new Set(['canaries', 'canaryruns', 'controllerrevisions', 'leases']);

const grantOf = (right: MissingRight, rule: string, { namespace, leaseNamespace }: Scope): string => {
  const manifests =
    namespace === undefined ? 'kubectl apply -k deploy/kustomize, or' : 'deploy/namespaced of this version applied, or';
  if (right.resource === 'leases') return `${manifests} ${rule} in Role serin-leader of namespace ${leaseNamespace}`;
  if (namespace === undefined) return `${manifests} ${rule} in ClusterRole serin-controller`;
  if (right.namespace !== undefined) return `${manifests} ${rule} in Role serin-controller of namespace ${namespace}`;
  // No Role can grant what is not of a namespace.
  return `${rule} in a ClusterRole that is bound to the controller's ServiceAccount`;
};

/** A right that is missing, as the rule to add. */
export const rightProblem = (
  right: MissingRight,
  { scope, blocks }: { readonly scope: Scope; readonly blocks: boolean },
): ClusterProblem => {
  const { verb, group, resource, namespace } = right;
  const verbs = ALONE.has(resource) && verb !== 'list' && verb !== 'watch' ? [verb] : (COMPANIONS[verb] ?? [verb]);
  const about = nameOf({ group, plural: resource });
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  const rule = `the rule {apiGroups: ["${group}"], resources: [${resource}], verbs: [${verbs.join(', ')}]}`;
  return {
    type: 'AccessDenied',
    about,
    message: `RBAC does not grant "${verb}" on ${about}${where}`,
    remedy: grantOf(right, rule, scope),
    blocks,
  };
};

/** A kind that the server does not serve. */
export const absentProblem = (resource: Resource, { blocks }: { readonly blocks: boolean }): ClusterProblem => ({
  type: 'NotInstalled',
  about: nameOf(resource),
  message: `The cluster does not serve ${nameOf(resource)} in version ${resource.version}`,
  remedy: INSTALL[resource.group] ?? `a cluster that serves ${resource.group}/${resource.version}`,
  blocks,
});

/** The same as a problem of one Canary. */
export const canaryProblem = (where: string, problem: ClusterProblem): Problem => ({
  where,
  message: wordsOf(problem),
  reason: problem.type === 'AccessDenied' ? 'AccessDenied' : 'ClusterNotReady',
});
