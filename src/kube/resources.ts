import { GROUP } from '../api/names.ts';
import type { ObjectRef, Resource } from '../lib/kube-object.ts';

/** A resource whose kind the compiler knows. */
type Known<Kind extends string> = Resource & { readonly kind: Kind };

const kind = <Kind extends string>(
  apiVersion: string,
  name: Kind,
  served: { readonly as: string; readonly clusterScoped?: true },
): Known<Kind> => {
  const slash = apiVersion.indexOf('/');
  return {
    group: slash < 0 ? '' : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    kind: name,
    plural: served.as,
    namespaced: served.clusterScoped !== true,
  };
};

const SERIN = 'serin.dev/v1alpha1';
const GATEWAY = 'gateway.networking.k8s.io/v1';
const ISTIO = 'networking.istio.io/v1';
const APP_MESH = 'appmesh.k8s.aws/v1beta2';
const FLAGGER = 'flagger.app/v1beta1';
const FLUX_SOURCE = 'source.toolkit.fluxcd.io/v1';

/** Every kind that Serin reads or writes, as the API server serves it. */
export const RESOURCES = {
  deployment: kind('apps/v1', 'Deployment', { as: 'deployments' }),
  replicaSet: kind('apps/v1', 'ReplicaSet', { as: 'replicasets' }),
  controllerRevision: kind('apps/v1', 'ControllerRevision', { as: 'controllerrevisions' }),
  daemonSet: kind('apps/v1', 'DaemonSet', { as: 'daemonsets' }),
  pod: kind('v1', 'Pod', { as: 'pods' }),
  service: kind('v1', 'Service', { as: 'services' }),
  configMap: kind('v1', 'ConfigMap', { as: 'configmaps' }),
  secret: kind('v1', 'Secret', { as: 'secrets' }),
  serviceAccount: kind('v1', 'ServiceAccount', { as: 'serviceaccounts' }),
  namespace: kind('v1', 'Namespace', { as: 'namespaces', clusterScoped: true }),
  node: kind('v1', 'Node', { as: 'nodes', clusterScoped: true }),
  endpointSlice: kind('discovery.k8s.io/v1', 'EndpointSlice', { as: 'endpointslices' }),
  ingress: kind('networking.k8s.io/v1', 'Ingress', { as: 'ingresses' }),
  ingressClass: kind('networking.k8s.io/v1', 'IngressClass', { as: 'ingressclasses', clusterScoped: true }),
  networkPolicy: kind('networking.k8s.io/v1', 'NetworkPolicy', { as: 'networkpolicies' }),
  httpRoute: kind(GATEWAY, 'HTTPRoute', { as: 'httproutes' }),
  grpcRoute: kind(GATEWAY, 'GRPCRoute', { as: 'grpcroutes' }),
  gateway: kind(GATEWAY, 'Gateway', { as: 'gateways' }),
  gatewayClass: kind(GATEWAY, 'GatewayClass', { as: 'gatewayclasses', clusterScoped: true }),
  referenceGrant: kind('gateway.networking.k8s.io/v1beta1', 'ReferenceGrant', { as: 'referencegrants' }),
  virtualService: kind(ISTIO, 'VirtualService', { as: 'virtualservices' }),
  destinationRule: kind(ISTIO, 'DestinationRule', { as: 'destinationrules' }),
  istioGateway: kind(ISTIO, 'Gateway', { as: 'gateways' }),
  mesh: kind(APP_MESH, 'Mesh', { as: 'meshes', clusterScoped: true }),
  virtualNode: kind(APP_MESH, 'VirtualNode', { as: 'virtualnodes' }),
  virtualRouter: kind(APP_MESH, 'VirtualRouter', { as: 'virtualrouters' }),
  appMeshVirtualService: kind(APP_MESH, 'VirtualService', { as: 'virtualservices' }),
  routeTable: kind('gateway.solo.io/v1', 'RouteTable', { as: 'routetables' }),
  upstream: kind('gloo.solo.io/v1', 'Upstream', { as: 'upstreams' }),
  lease: kind('coordination.k8s.io/v1', 'Lease', { as: 'leases' }),
  event: kind('events.k8s.io/v1', 'Event', { as: 'events' }),
  horizontalPodAutoscaler: kind('autoscaling/v2', 'HorizontalPodAutoscaler', { as: 'horizontalpodautoscalers' }),
  podDisruptionBudget: kind('policy/v1', 'PodDisruptionBudget', { as: 'poddisruptionbudgets' }),
  scaledObject: kind('keda.sh/v1alpha1', 'ScaledObject', { as: 'scaledobjects' }),
  canary: kind(SERIN, 'Canary', { as: 'canaries' }),
  canaryRun: kind(SERIN, 'CanaryRun', { as: 'canaryruns' }),
  canaryAction: kind(SERIN, 'CanaryAction', { as: 'canaryactions' }),
  analysisTemplate: kind(SERIN, 'AnalysisTemplate', { as: 'analysistemplates' }),
  clusterAnalysisTemplate: kind(SERIN, 'ClusterAnalysisTemplate', {
    as: 'clusteranalysistemplates',
    clusterScoped: true,
  }),
  notificationProvider: kind(SERIN, 'NotificationProvider', { as: 'notificationproviders' }),
  repository: kind(SERIN, 'Repository', { as: 'repositories' }),
  flaggerCanary: kind(FLAGGER, 'Canary', { as: 'canaries' }),
  alertProvider: kind(FLAGGER, 'AlertProvider', { as: 'alertproviders' }),
  metricTemplate: kind(FLAGGER, 'MetricTemplate', { as: 'metrictemplates' }),
  gitRepository: kind(FLUX_SOURCE, 'GitRepository', { as: 'gitrepositories' }),
  ociRepository: kind(FLUX_SOURCE, 'OCIRepository', { as: 'ocirepositories' }),
  kustomization: kind('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', { as: 'kustomizations' }),
} as const satisfies Record<string, Resource>;

/** `apps/v1`, or `v1` for the core group. */
export const apiVersionOf = (resource: Resource): string =>
  resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;

const byKind: ReadonlyMap<string, Resource> = new Map(
  Object.values(RESOURCES).map((resource) => [`${apiVersionOf(resource)} ${resource.kind}`, resource]),
);

const kinds = Object.values(RESOURCES).map((resource) => resource.kind);
/** Kinds that several groups have a kind of: a Gateway is one of Gateway API or of Istio. */
const SHARED_KINDS: ReadonlySet<string> = new Set(kinds.filter((name, index) => kinds.indexOf(name) !== index));

/**
 * One word for a kind, in which no two kinds of the table agree: `Deployment`, `Gateway.networking.istio.io`. Serin's own
 * kinds are called by their name alone.
 */
export const kindWord = (of: Pick<Resource, 'group' | 'kind'> | Pick<ObjectRef, 'apiVersion' | 'kind'>): string => {
  if (!SHARED_KINDS.has(of.kind)) return of.kind;
  const group = 'group' in of ? of.group : of.apiVersion.slice(0, Math.max(0, of.apiVersion.indexOf('/')));
  return group === GROUP ? of.kind : `${of.kind}.${group}`;
};

/** The resource of an object or a reference; undefined when Serin does not know the kind. */
export const findResource = (of: { readonly apiVersion: string; readonly kind: string }): Resource | undefined =>
  byKind.get(`${of.apiVersion} ${of.kind}`);

/** As `findResource`, but a kind that is not in the table throws a RangeError. */
export const resourceFor = (of: { readonly apiVersion: string; readonly kind: string }): Resource => {
  const resource = findResource(of);
  if (resource === undefined) {
    throw new RangeError(`Cannot address a ${of.kind} of ${of.apiVersion}: want one of the kinds that Serin knows`);
  }
  return resource;
};

/**
 * The absolute path of a collection, an object or a sub-resource of one. Without a namespace, a namespaced collection
 * is that of all namespaces.
 */
export const pathOf = (
  resource: Resource,
  of: {
    readonly namespace?: string | undefined;
    readonly name?: string | undefined;
    readonly subresource?: 'status' | undefined;
  } = {},
): string => {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  if (resource.namespaced && of.namespace === undefined && of.name !== undefined) {
    throw new RangeError(`Cannot address ${resource.kind} ${of.name}: it has no namespace, want one`);
  }
  const within = resource.namespaced && of.namespace !== undefined ? `/namespaces/${segment(of.namespace)}` : '';
  const name = of.name === undefined ? '' : `/${segment(of.name)}`;
  const subresource = of.subresource === undefined ? '' : `/${of.subresource}`;
  return `${root}${within}/${resource.plural}${name}${subresource}`;
};

/** As the API server's own rule: these names would lead to another path, so nothing can have them. */
const segment = (name: string): string => {
  if (name === '' || name === '.' || name === '..' || /[/%]/.test(name)) {
    throw new RangeError(`Cannot address an object named "${name}": want a name that is not ., .. and has no / or %`);
  }
  return encodeURIComponent(name);
};
