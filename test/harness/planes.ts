import type { CanarySpecInput } from '#src/api/canary.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { adopting, anIngress, aRoute, aService, behindIngress, HOST } from './manifests.ts';

/** A data plane as a team has it that runs podinfo there: what it applies, what its users call, and its Canary. */
export type PlaneSetup = {
  readonly objects: readonly KubeObject[];
  readonly host: string;
  readonly spec: Partial<CanarySpecInput>;
};

type Spec = Readonly<Record<string, unknown>>;

const object = (
  apiVersion: string,
  kind: string,
  { name = 'podinfo', spec }: { name?: string; spec: Spec },
): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'shop' },
  spec,
});

const ISTIO = 'networking.istio.io/v1';

/** A Gateway of Istio with one server for every host. */
export const anIstioGateway = (name = 'public'): KubeObject =>
  object(ISTIO, 'Gateway', {
    name,
    spec: {
      selector: { istio: 'ingressgateway' },
      servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
    },
  });

/** A VirtualService that lives in Git and leads to the apex Service. */
export const aVirtualService = (spec: Spec = {}): KubeObject =>
  object(ISTIO, 'VirtualService', {
    spec: { hosts: [HOST], gateways: ['public'], http: [{ route: [{ destination: { host: 'podinfo' } }] }], ...spec },
  });

/** The mesh that every namespace is in. */
export const aMesh = (): KubeObject => ({
  apiVersion: 'appmesh.k8s.aws/v1beta2',
  kind: 'Mesh',
  metadata: { name: 'all' },
  spec: { namespaceSelector: {} },
});

/** App Mesh calls a Service at the port of its pods. */
const meshService = (): KubeObject => ({
  ...aService(),
  spec: { selector: { app: 'podinfo' }, ports: [{ name: 'http', port: 9898, targetPort: 9898 }] },
});

/** The team's Upstream, by which podinfo is reached without Serin. */
export const anUpstream = (): KubeObject =>
  object('gloo.solo.io/v1', 'Upstream', {
    spec: { kube: { serviceName: 'podinfo', serviceNamespace: 'shop', servicePort: 80 } },
  });

/** Gloo's VirtualService: it delegates to the RouteTable that Serin makes, and has a route of its own where there is none. */
export const aDelegatingService = (): KubeObject =>
  object('gateway.solo.io/v1', 'VirtualService', {
    spec: {
      virtualHost: {
        domains: [HOST],
        routes: [
          { delegateAction: { ref: { name: 'podinfo', namespace: 'shop' } } },
          { routeAction: { single: { upstream: { name: 'podinfo', namespace: 'shop' } } } },
        ],
      },
    },
  });

/** Namespace and name of a Gateway of Istio's class, which mirrors where the cluster's own, Traefik's, does not. */
const ISTIO_EDGE = { namespace: 'gateways', name: 'istio' } as const;

/** Istio as an implementation of the Gateway API. */
const istioEdge = (): readonly KubeObject[] => [
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name: 'istio' },
    spec: { controllerName: 'istio.io/gateway-controller' },
  },
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: ISTIO_EDGE,
    spec: {
      gatewayClassName: 'istio',
      listeners: [{ name: 'web', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } }],
    },
  },
];

/** A route of its own behind Istio's implementation of the Gateway API. */
export const ISTIO_EDGE_ROUTE: PlaneSetup = {
  objects: istioEdge(),
  host: HOST,
  spec: { service: { port: 80, targetPort: 9898, gatewayRefs: [ISTIO_EDGE], hosts: [HOST] } },
};

export const ISTIO_MESH: PlaneSetup = {
  objects: [],
  host: 'podinfo.shop',
  spec: { provider: 'istio', service: { port: 80, targetPort: 9898 } },
};

export const ISTIO_ADOPTED: PlaneSetup = {
  objects: [anIstioGateway(), aVirtualService()],
  host: HOST,
  spec: {
    provider: 'istio',
    routeRef: { apiVersion: ISTIO, kind: 'VirtualService', name: 'podinfo' },
    service: { port: 80, targetPort: 9898 },
  },
};

export const APP_MESH: PlaneSetup = {
  objects: [aMesh(), meshService()],
  host: 'podinfo.shop',
  spec: { provider: 'appmesh', acknowledgeEndOfLife: true, service: { port: 9898, targetPort: 9898 } },
};

export const GLOO: PlaneSetup = {
  objects: [anUpstream(), aDelegatingService()],
  host: HOST,
  spec: { provider: 'gloo', service: { port: 80, targetPort: 9898 } },
};

/** Every way in which requests reach podinfo. */
export const PLANES = {
  'an adopted route': { objects: [aRoute()], host: HOST, spec: adopting() },
  'a route of its own': { objects: [], host: HOST, spec: {} },
  "a route of its own behind Istio's Gateway": ISTIO_EDGE_ROUTE,
  'an Ingress': { objects: [anIngress()], host: HOST, spec: behindIngress() },
  'a VirtualService in the mesh': ISTIO_MESH,
  'an adopted VirtualService': ISTIO_ADOPTED,
  'App Mesh': APP_MESH,
  'Gloo Edge': GLOO,
} as const satisfies Readonly<Record<string, PlaneSetup>>;
export type Plane = keyof typeof PLANES;
