import { GROUP, VERSION } from '../../api/names.ts';
import { recordAt } from '../../lib/json.ts';
import type { KubeObject, Resource } from '../../lib/kube-object.ts';
import { omit } from './json-copy.ts';

/** A kind that the sandbox serves, with what its API server does differently from kind to kind. */
export type ServedResource = Resource & {
  /** Has the sub-resource `status`, and the main resource cannot write it. */
  readonly status: boolean;
  /** PUT without resourceVersion is taken. */
  readonly unconditionalUpdate: boolean;
  /** The part of an object whose change makes a new generation; absent for kinds without generation. */
  readonly generationOf?: (object: KubeObject) => unknown;
};

const specOf = (object: KubeObject): unknown => object['spec'];

/**
 * The annotations of a Deployment count, because they are copied to its ReplicaSets (kubernetes
 * pkg/registry/apps/deployment/strategy.go). Those of the deployment controller itself do not: in a real cluster it
 * writes them through `/status`, which counts nothing.
 */
const specAndAnnotationsOf = (object: KubeObject): unknown => {
  const annotations = Object.entries(recordAt(object, 'metadata', 'annotations'));
  return [
    object['spec'],
    Object.fromEntries(annotations.filter(([key]) => !key.startsWith('deployment.kubernetes.io/'))),
  ];
};

const contentOf = (object: KubeObject): unknown => omit(object, 'apiVersion', 'kind', 'metadata');

type Traits = Partial<Pick<ServedResource, 'status' | 'unconditionalUpdate' | 'namespaced' | 'generationOf'>>;
type Name = readonly [apiVersion: string, kind: string, plural: string];

const builtIn = ([apiVersion, kind, plural]: Name, traits: Traits = {}): ServedResource => ({
  ...groupVersionOf(apiVersion),
  kind,
  plural,
  namespaced: true,
  status: false,
  unconditionalUpdate: true,
  ...traits,
});

/** Group and version of an apiVersion; the core group is empty. */
export const groupVersionOf = (apiVersion: string): { readonly group: string; readonly version: string } => {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
};

export const apiVersionOf = ({ group, version }: Pick<Resource, 'group' | 'version'>): string =>
  group === '' ? version : `${group}/${version}`;

/** `Deployment.apps`, `Service`: names a kind whatever its version. */
export const kindKeyOf = ({ group, kind }: Pick<Resource, 'group' | 'kind'>): string =>
  group === '' ? kind : `${kind}.${group}`;

/** A kind as a CustomResourceDefinition serves it. */
export const customResource = (resource: Resource, { status = true } = {}): ServedResource => ({
  ...resource,
  status,
  unconditionalUpdate: false,
  generationOf: status ? (object) => omit(object, 'apiVersion', 'kind', 'metadata', 'status') : contentOf,
});

const withStatus: Traits = { status: true, generationOf: specOf };

export const KUBERNETES_RESOURCES: readonly ServedResource[] = [
  builtIn(['v1', 'Namespace', 'namespaces'], { namespaced: false, status: true }),
  builtIn(['v1', 'Node', 'nodes'], { namespaced: false, status: true }),
  builtIn(['v1', 'Pod', 'pods'], withStatus),
  builtIn(['v1', 'Service', 'services'], { status: true }),
  builtIn(['v1', 'ConfigMap', 'configmaps']),
  builtIn(['v1', 'Secret', 'secrets']),
  builtIn(['v1', 'ServiceAccount', 'serviceaccounts']),
  builtIn(['apps/v1', 'Deployment', 'deployments'], { status: true, generationOf: specAndAnnotationsOf }),
  builtIn(['apps/v1', 'ReplicaSet', 'replicasets'], withStatus),
  builtIn(['apps/v1', 'DaemonSet', 'daemonsets'], withStatus),
  builtIn(['apps/v1', 'ControllerRevision', 'controllerrevisions']),
  builtIn(['autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'], { status: true }),
  builtIn(['coordination.k8s.io/v1', 'Lease', 'leases'], { unconditionalUpdate: false }),
  builtIn(['discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices'], { generationOf: contentOf }),
  builtIn(['events.k8s.io/v1', 'Event', 'events']),
  builtIn(['networking.k8s.io/v1', 'Ingress', 'ingresses'], withStatus),
  builtIn(['networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'], { generationOf: specOf }),
  builtIn(['policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'], withStatus),
];

const custom = ([apiVersion, kind, plural]: Name, traits: { status?: boolean; namespaced?: boolean } = {}) =>
  customResource({ ...groupVersionOf(apiVersion), kind, plural, namespaced: traits.namespaced ?? true }, traits);

export const GATEWAY_RESOURCES: readonly ServedResource[] = [
  custom(['gateway.networking.k8s.io/v1', 'GatewayClass', 'gatewayclasses'], { namespaced: false }),
  custom(['gateway.networking.k8s.io/v1', 'Gateway', 'gateways']),
  custom(['gateway.networking.k8s.io/v1', 'HTTPRoute', 'httproutes']),
  custom(['gateway.networking.k8s.io/v1beta1', 'ReferenceGrant', 'referencegrants'], { status: false }),
];

const serin = (kind: string, plural: string, traits: { status?: boolean; namespaced?: boolean } = {}): ServedResource =>
  custom([`${GROUP}/${VERSION}`, kind, plural], traits);

export const SERIN_RESOURCES: readonly ServedResource[] = [
  serin('Canary', 'canaries'),
  serin('CanaryRun', 'canaryruns'),
  serin('CanaryAction', 'canaryactions'),
  serin('AnalysisTemplate', 'analysistemplates', { status: false }),
  serin('ClusterAnalysisTemplate', 'clusteranalysistemplates', { status: false, namespaced: false }),
  serin('NotificationProvider', 'notificationproviders', { status: false }),
  serin('Repository', 'repositories'),
];

/** Everything that is served unless a test says otherwise. */
export const ALL_RESOURCES: readonly ServedResource[] = [
  ...KUBERNETES_RESOURCES,
  ...GATEWAY_RESOURCES,
  ...SERIN_RESOURCES,
];
