import { RESOURCES } from '../../kube/resources.ts';
import { recordAt } from '../../lib/json.ts';
import type { KubeObject, Resource } from '../../lib/kube-object.ts';
import { omit } from './json-copy.ts';
import {
  customShape,
  DISRUPTION_BUDGET,
  GATEWAY,
  NETWORK_POLICY,
  PLAIN,
  POD,
  SERVICE,
  type Shape,
  WORKLOAD,
} from './shapes.ts';

/** A kind that the sandbox serves, with what its API server does differently from kind to kind. */
export type ServedResource = Resource & {
  /** Has the sub-resource `status`, and the main resource cannot write it. */
  readonly status: boolean;
  /** Has the sub-resource `scale`. */
  readonly scale: boolean;
  /** Built from Go types: in lists, items come without apiVersion and kind. */
  readonly typed: boolean;
  /** PUT without resourceVersion is taken. */
  readonly unconditionalUpdate: boolean;
  /** OpenAPI v3 of a custom resource: what it does not know is taken out. Without one, everything stays. */
  readonly schema?: () => unknown;
  /** How its objects are merged and owned. */
  readonly shape: () => Shape;
  /** The part of an object whose change makes a new generation; absent for kinds without generation. */
  readonly generationOf?: (object: KubeObject) => unknown;
};

/** Group and version of an apiVersion; the core group is empty. */
export const groupVersionOf = (apiVersion: string): { readonly group: string; readonly version: string } => {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
};

/** `Deployment.apps`, `Service`: names a kind whatever its version. */
export const kindKeyOf = ({ group, kind }: Pick<Resource, 'group' | 'kind'>): string =>
  group === '' ? kind : `${kind}.${group}`;

const specOf = (object: KubeObject): unknown => object['spec'];
const contentOf = (object: KubeObject): unknown => omit(object, 'apiVersion', 'kind', 'metadata');
const contentWithoutStatusOf = (object: KubeObject): unknown =>
  omit(object, 'apiVersion', 'kind', 'metadata', 'status');

/**
 * The annotations of a Deployment count, because they are copied to its ReplicaSets (kubernetes
 * pkg/registry/apps/deployment/strategy.go).
 */
const specAndAnnotationsOf = (object: KubeObject): unknown => [
  object['spec'],
  recordAt(object, 'metadata', 'annotations'),
];

/** A kind as a CustomResourceDefinition serves it. Without a schema, all its lists but conditions are atomic. */
export const customResource = (
  resource: Resource,
  {
    status = true,
    schema,
    shape = () => customShape(undefined),
  }: { readonly status?: boolean; readonly schema?: () => unknown; readonly shape?: () => Shape } = {},
): ServedResource => ({
  ...resource,
  status,
  scale: false,
  typed: false,
  unconditionalUpdate: false,
  ...(schema === undefined ? {} : { schema }),
  shape,
  generationOf: status ? contentWithoutStatusOf : contentOf,
});

type Traits = Partial<Pick<ServedResource, 'status' | 'scale' | 'unconditionalUpdate' | 'generationOf'>>;

const builtIn = (resource: Resource, traits: Traits = {}, shape = PLAIN): ServedResource => ({
  ...resource,
  status: false,
  scale: false,
  typed: true,
  unconditionalUpdate: true,
  shape: () => shape,
  ...traits,
});

const withStatus: Traits = { status: true };
const specAndStatus: Traits = { status: true, generationOf: specOf };

export const KUBERNETES_RESOURCES: readonly ServedResource[] = [
  builtIn(RESOURCES.namespace, withStatus),
  builtIn(RESOURCES.node, withStatus),
  builtIn(RESOURCES.pod, specAndStatus, POD),
  builtIn(RESOURCES.service, withStatus, SERVICE),
  builtIn(RESOURCES.configMap),
  builtIn(RESOURCES.secret),
  builtIn(RESOURCES.serviceAccount),
  builtIn(RESOURCES.deployment, { status: true, scale: true, generationOf: specAndAnnotationsOf }, WORKLOAD),
  builtIn(RESOURCES.replicaSet, { ...specAndStatus, scale: true }, WORKLOAD),
  builtIn(RESOURCES.daemonSet, specAndStatus, WORKLOAD),
  builtIn(RESOURCES.controllerRevision),
  builtIn(RESOURCES.horizontalPodAutoscaler, withStatus),
  builtIn(RESOURCES.lease, { unconditionalUpdate: false }),
  builtIn(RESOURCES.endpointSlice, { generationOf: contentOf }),
  builtIn(RESOURCES.event),
  builtIn(RESOURCES.ingress, specAndStatus),
  builtIn(RESOURCES.ingressClass, { generationOf: specOf }),
  builtIn(RESOURCES.networkPolicy, { generationOf: specOf }, NETWORK_POLICY),
  builtIn(RESOURCES.podDisruptionBudget, specAndStatus, DISRUPTION_BUDGET),
];

/** Kinds of KEDA; their lists are owned and replaced as a whole. */
export const KEDA_RESOURCES: readonly ServedResource[] = [
  customResource(RESOURCES.scaledObject, { shape: () => customShape({ type: 'fields', fields: {} }) }),
];

export const GATEWAY_RESOURCES: readonly ServedResource[] = [
  customResource(RESOURCES.gatewayClass),
  customResource(RESOURCES.gateway, { shape: () => GATEWAY }),
  customResource(RESOURCES.httpRoute),
  customResource(RESOURCES.grpcRoute),
  customResource(RESOURCES.referenceGrant, { status: false }),
];
