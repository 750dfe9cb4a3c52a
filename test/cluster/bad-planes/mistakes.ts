import type { JsonRecord } from '#src/lib/json.ts';
import { MESH_LABELS } from '../world/plane-app.ts';
import { APP, type BadPlace, type Surroundings } from './bad-place.ts';

/** Something that keeps a Canary from being taken over, until it is mended. */
export type Mistake = Omit<Surroundings, 'namespace' | 'objects'> & {
  readonly objects?: (namespace: string) => readonly unknown[];
  readonly reason?: string;
  /** What the Canary says, with what would be right. */
  readonly words: RegExp;
  /** True when it shows only after the primary was made. */
  readonly isLate?: boolean;
  readonly mend: (place: BadPlace) => Promise<unknown>;
};

const ISTIO = 'networking.istio.io/v1';
type To = { readonly host: string; readonly subset?: string };

/** A VirtualService for the host of a namespace. */
export const virtualService = (namespace: string, { name = APP, to }: { readonly name?: string; readonly to: To }) => ({
  apiVersion: ISTIO,
  kind: 'VirtualService',
  metadata: { name, namespace },
  spec: { hosts: [`${namespace}.example.com`], http: [{ route: [{ destination: to }] }] },
});

const destinationRule = (namespace: string, subset: string) => ({
  apiVersion: ISTIO,
  kind: 'DestinationRule',
  metadata: { name: APP, namespace },
  spec: { host: APP, subsets: [{ name: subset, labels: { app: APP } }] },
});

const istioGateway = (namespace: string, name: string) => ({
  apiVersion: ISTIO,
  kind: 'Gateway',
  metadata: { name, namespace },
  spec: {
    selector: { istio: 'ingressgateway' },
    servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
  },
});

const mesh = (name: string, labels: Readonly<Record<string, string>>) => ({
  apiVersion: 'appmesh.k8s.aws/v1beta2',
  kind: 'Mesh',
  metadata: { name },
  spec: { namespaceSelector: { matchLabels: labels } },
});

const upstream = (namespace: string, name: string) => ({
  apiVersion: 'gloo.solo.io/v1',
  kind: 'Upstream',
  metadata: { name, namespace },
  spec: { kube: { serviceName: APP, serviceNamespace: namespace, servicePort: 80 } },
});

const service = { port: 80, targetPort: 9898 };
const meshService = { port: 9898, targetPort: 9898 };
export const ADOPTED: JsonRecord = {
  routeRef: { apiVersion: ISTIO, kind: 'VirtualService', name: APP },
  service,
};
export const IN_MESH: JsonRecord = { provider: 'appmesh', acknowledgeEndOfLife: true, service: meshService };
export const BEHIND_GLOO: JsonRecord = { provider: 'gloo', service };

/** By the name of their namespaces. */
export const MISTAKES: Readonly<Record<string, Mistake>> = {
  'istio-no-route': {
    spec: ADOPTED,
    words: /^spec\.routeRef: VirtualService \S+ does not exist; want the one that leads to Service podinfo/,
    mend: ({ apply, namespace }) => apply(virtualService(namespace, { to: { host: APP } })),
  },
  'istio-foreign-host': {
    objects: (namespace) => [virtualService(namespace, { to: { host: 'shop' } })],
    spec: ADOPTED,
    words: /no route of it leads to host podinfo, .*; want a destination with that host/,
    mend: ({ apply, namespace }) => apply(virtualService(namespace, { to: { host: APP } })),
  },
  'istio-no-subset': {
    objects: (namespace) => [virtualService(namespace, { to: { host: APP, subset: 'v1' } })],
    spec: ADOPTED,
    words: /subset v1 of host podinfo is defined by no DestinationRule; want one in namespace istio-no-subset/,
    mend: ({ apply, namespace }) => apply(destinationRule(namespace, 'v1')),
  },
  'istio-two-routes': {
    objects: (namespace) => [
      virtualService(namespace, { to: { host: APP } }),
      virtualService(namespace, { name: 'older', to: { host: 'shop' } }),
    ],
    spec: ADOPTED,
    words:
      /^VirtualService istio-two-routes\/older: it is a second VirtualService for host .*; want one VirtualService/,
    mend: ({ kubectl }) => kubectl('delete', 'virtualservices.networking.istio.io', 'older'),
  },
  'istio-no-gateway': {
    spec: { provider: 'istio', service: { ...service, gateways: ['edge'], hosts: ['a.example.com'] } },
    words:
      /^spec\.service\.gateways\[0\]: Gateway istio-no-gateway\/edge of networking\.istio\.io does not exist; want/,
    mend: ({ apply, namespace }) => apply(istioGateway(namespace, 'edge')),
  },
  'mesh-not-there': {
    labels: { mesh: 'late' },
    port: 9898,
    spec: { ...IN_MESH, service: { ...meshService, meshName: 'late' } },
    words: /^spec\.service\.meshName: Mesh late does not exist; want one whose namespaceSelector selects namespace/,
    mend: ({ apply }) => apply(mesh('late', { mesh: 'late' })),
  },
  'mesh-of-nobody': {
    port: 9898,
    spec: IN_MESH,
    reason: 'AccessDenied',
    words: /webhook "mvirtualnode\S+" denied the request: failed to find matching mesh for namespace: mesh-of-nobody/,
    isLate: true,
    mend: ({ kubectl, namespace }) =>
      kubectl('label', 'namespace', namespace, ...Object.entries(MESH_LABELS).map(([key, value]) => `${key}=${value}`)),
  },
  'mesh-other-port': {
    labels: MESH_LABELS,
    spec: { ...IN_MESH, service },
    words: /App Mesh calls Services at the port of their pods, 9898, and they have 80 only; want service\.port: 9898/,
    mend: async ({ apply, change, namespace }) => {
      const ports = [{ name: 'http', port: 9898, targetPort: 9898 }];
      const spec = { selector: { app: APP }, ports };
      await apply({ apiVersion: 'v1', kind: 'Service', metadata: { name: APP, namespace }, spec });
      await change({ service: meshService });
    },
  },
  'gloo-no-settings': {
    spec: { ...BEHIND_GLOO, upstreamRef: { name: 'settings' } },
    words: /^spec\.upstreamRef: Upstream gloo-no-settings\/settings does not exist; want the Upstream whose settings/,
    mend: ({ apply, namespace }) => apply(upstream(namespace, 'settings')),
  },
};
