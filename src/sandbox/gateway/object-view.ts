import { sameJson } from '../../lib/json.ts';
import { type KubeObject, keyOf } from '../../lib/kube-object.ts';
import type { ClusterEvent } from '../backend.ts';

/** Kinds that a gateway reads, by the name that it gives them: a kind's own, unless two groups have it. */
export const GATEWAY_KINDS = {
  Namespace: { apiVersion: 'v1', kind: 'Namespace' },
  Service: { apiVersion: 'v1', kind: 'Service' },
  EndpointSlice: { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
  GatewayClass: { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GatewayClass' },
  Gateway: { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway' },
  ReferenceGrant: { apiVersion: 'gateway.networking.k8s.io/v1beta1', kind: 'ReferenceGrant' },
  HTTPRoute: { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute' },
  Ingress: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
  IstioGateway: { apiVersion: 'networking.istio.io/v1', kind: 'Gateway' },
  IstioVirtualService: { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService' },
  DestinationRule: { apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule' },
  Mesh: { apiVersion: 'appmesh.k8s.aws/v1beta2', kind: 'Mesh' },
  VirtualNode: { apiVersion: 'appmesh.k8s.aws/v1beta2', kind: 'VirtualNode' },
  VirtualRouter: { apiVersion: 'appmesh.k8s.aws/v1beta2', kind: 'VirtualRouter' },
  AppMeshVirtualService: { apiVersion: 'appmesh.k8s.aws/v1beta2', kind: 'VirtualService' },
  GlooVirtualService: { apiVersion: 'gateway.solo.io/v1', kind: 'VirtualService' },
  RouteTable: { apiVersion: 'gateway.solo.io/v1', kind: 'RouteTable' },
  Upstream: { apiVersion: 'gloo.solo.io/v1', kind: 'Upstream' },
} as const;

export type GatewayKind = keyof typeof GATEWAY_KINDS;

const isName = (name: string): name is GatewayKind => name in GATEWAY_KINDS;

const NAMES: ReadonlyMap<string, GatewayKind> = new Map(
  Object.keys(GATEWAY_KINDS)
    .filter(isName)
    .map((name) => [`${GATEWAY_KINDS[name].apiVersion} ${GATEWAY_KINDS[name].kind}`, name]),
);

/** The gateway's name for an object's kind; undefined when it reads no objects of this kind. */
export const gatewayKindOf = ({ apiVersion, kind }: Pick<KubeObject, 'apiVersion' | 'kind'>): GatewayKind | undefined =>
  NAMES.get(`${apiVersion} ${kind}`);

/** Names one object of a view. `namespace` is absent for cluster-scoped kinds. */
export type Place = { readonly namespace?: string; readonly name: string };

const wanted = ({ metadata, status: _, ...content }: KubeObject): unknown => ({
  ...content,
  labels: metadata.labels,
  annotations: metadata.annotations,
  deleted: metadata.deletionTimestamp !== undefined,
});

/** The objects that a gateway works from, as of some moment: fed by events, at once or after a delay. */
export class ObjectView {
  readonly #objects = new Map<GatewayKind, Map<string, KubeObject>>();

  /** Takes an event in. The kind that it changed, or undefined when it changed nothing but a status. */
  apply({ type, object }: ClusterEvent): GatewayKind | undefined {
    const kind = gatewayKindOf(object);
    if (kind === undefined) return undefined;
    const objects = this.#objects.get(kind) ?? new Map<string, KubeObject>();
    this.#objects.set(kind, objects);
    const key = keyOf(object.metadata);
    const before = objects.get(key);
    if (type === 'DELETED') return objects.delete(key) ? kind : undefined;
    objects.set(key, object);
    return before !== undefined && sameJson(wanted(before), wanted(object)) ? undefined : kind;
  }

  get(kind: GatewayKind, place: Place): KubeObject | undefined {
    return this.#objects.get(kind)?.get(keyOf(place));
  }

  list(kind: GatewayKind): readonly KubeObject[] {
    return [...(this.#objects.get(kind)?.values() ?? [])];
  }
}
