import type { ObjectRef } from '#src/lib/kube-object.ts';
import type { Plane } from '#test/planes/verified.ts';
import { proxyWeb } from '../components/plane-proxy.ts';

type Spec = Readonly<Record<string, unknown>>;

/** An application on a plane whose control plane is played, applied by hand. */
export type PlaneApp = {
  readonly plane: Extract<Plane, 'appmesh' | 'gloo'>;
  readonly namespace: string;
  readonly app: string;
  /** What its users call, and where. */
  readonly host: string;
  readonly web: number;
  /** What its team has beside its Deployment, in the order in which it is applied. */
  readonly objects: readonly Spec[];
  /** Of its Canary. */
  readonly spec: Spec & { readonly service: Spec };
  /** What Serin makes on the plane. */
  readonly made: readonly ObjectRef[];
};

const APP = 'podinfo';

/** Of a mesh that takes the namespaces with its label. */
export const MESH_LABELS = { mesh: 'global' };
const MESH = {
  apiVersion: 'appmesh.k8s.aws/v1beta2',
  kind: 'Mesh',
  metadata: { name: 'global' },
  spec: { namespaceSelector: { matchLabels: MESH_LABELS } },
};

const service = (namespace: string, port: number): Spec => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: APP, namespace },
  spec: { selector: { app: APP }, ports: [{ name: 'http', port, targetPort: 9898 }] },
});

/** In a mesh, called by another application of the mesh; it calls a Service at the port of its pods. */
export const meshApp = (namespace: string): PlaneApp => {
  const made = (kind: string, name: string): ObjectRef => ({ apiVersion: MESH.apiVersion, kind, namespace, name });
  return {
    plane: 'appmesh',
    namespace,
    app: APP,
    host: `${APP}.${namespace}`,
    web: proxyWeb('app-mesh'),
    objects: [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: MESH_LABELS } },
      MESH,
      service(namespace, 9898),
    ],
    spec: {
      provider: 'appmesh',
      acknowledgeEndOfLife: true,
      service: { port: 9898, targetPort: 9898, meshName: MESH.metadata.name },
    },
    made: [
      made('VirtualService', APP),
      made('VirtualRouter', APP),
      ...['primary', 'canary'].map((side) => made('VirtualNode', `${APP}-${side}`)),
    ],
  };
};

const GLOO = 'gloo.solo.io/v1';
const GLOO_GATEWAY = 'gateway.solo.io/v1';

/** Behind Gloo, with a VirtualService that delegates to Serin's RouteTable and has a route of its own where there is none. */
export const glooApp = (namespace: string): PlaneApp => {
  const host = `${namespace}.example.com`;
  const upstreams = ['primary', 'canary'].map((side) => `${namespace}-${APP}-${side}upstream-80`);
  return {
    plane: 'gloo',
    namespace,
    app: APP,
    host,
    web: proxyWeb('gloo'),
    objects: [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      service(namespace, 80),
      {
        apiVersion: GLOO,
        kind: 'Upstream',
        metadata: { name: APP, namespace },
        spec: { kube: { serviceName: APP, serviceNamespace: namespace, servicePort: 80 } },
      },
      {
        apiVersion: GLOO_GATEWAY,
        kind: 'VirtualService',
        metadata: { name: APP, namespace },
        spec: {
          virtualHost: {
            domains: [host],
            routes: [
              { delegateAction: { ref: { name: APP, namespace } } },
              { routeAction: { single: { upstream: { name: APP, namespace } } } },
            ],
          },
        },
      },
    ],
    spec: { provider: 'gloo', service: { port: 80, targetPort: 9898 } },
    made: [
      { apiVersion: GLOO_GATEWAY, kind: 'RouteTable', namespace, name: APP },
      ...upstreams.map((name) => ({ apiVersion: GLOO, kind: 'Upstream', namespace, name })),
    ],
  };
};
