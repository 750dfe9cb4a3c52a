import { RESOURCES } from '../../kube/resources.ts';
import type { Resource } from '../../lib/kube-object.ts';
import { customResource, type ServedResource } from './resources.ts';
import { customShape, type Shape } from './shapes.ts';

/** Gloo's own VirtualService is its users': Serin never reads it. */
export const GLOO_VIRTUAL_SERVICE: Resource = {
  group: 'gateway.solo.io',
  version: 'v1',
  kind: 'VirtualService',
  plural: 'virtualservices',
  namespaced: true,
};

/** The CRDs of these planes mark no list: each is owned and replaced as a whole, conditions among them. */
const shape = (): Shape => customShape({ type: 'fields', fields: {} });

const ISTIO = [RESOURCES.virtualService, RESOURCES.destinationRule, RESOURCES.istioGateway];
const APP_MESH = [RESOURCES.mesh, RESOURCES.virtualNode, RESOURCES.virtualRouter, RESOURCES.appMeshVirtualService];
const GLOO = [GLOO_VIRTUAL_SERVICE, RESOURCES.routeTable, RESOURCES.upstream];

/** The kinds of Istio, App Mesh and Gloo Edge. Gloo's have no sub-resource `status`: a new one is a new generation. */
export const PLANE_RESOURCES: readonly ServedResource[] = [
  ...[...ISTIO, ...APP_MESH].map((resource) => customResource(resource, { shape })),
  ...GLOO.map((resource) => customResource(resource, { status: false, shape })),
];
