import { sameJson } from '../../lib/json.ts';
import { type KubeObject, keyOf } from '../../lib/kube-object.ts';
import type { ClusterEvent } from '../backend.ts';

/** Kinds that a gateway reads, as their events name them. */
export const GATEWAY_KINDS = [
  { apiVersion: 'v1', kind: 'Namespace' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
  { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GatewayClass' },
  { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway' },
  { apiVersion: 'gateway.networking.k8s.io/v1beta1', kind: 'ReferenceGrant' },
  { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
] as const;

export type GatewayKind = (typeof GATEWAY_KINDS)[number]['kind'];

/** Whether a gateway reads objects of this kind at all. */
export const isGatewayKind = (kind: string): kind is GatewayKind => GATEWAY_KINDS.some((known) => known.kind === kind);

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
    const { kind } = object;
    if (!isGatewayKind(kind)) return undefined;
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
