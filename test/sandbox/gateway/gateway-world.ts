import { at, listAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { seededRandom } from '#src/lib/random.ts';
import { type ControlPlanes, type GatewayTimings, startGateway } from '#src/sandbox/gateway/start-gateway.ts';
import { type HttpRequest, VERSION_HEADER } from '#src/sandbox/network/http.ts';
import { deployment, service, user, workloadWorld } from '../workloads/workload-world.ts';

export const HOST = 'app.example.com';

/** A sandbox cluster with a gateway and ready pods behind the Services `one` and `two`. */
export const gatewayWorld = async (timings: Partial<GatewayTimings> = {}, controlPlanes: ControlPlanes = {}) => {
  const world = workloadWorld();
  const { backend, network, clock } = world;
  const gateway = startGateway({ backend, random: seededRandom(3), network, timings, controlPlanes });
  for (const object of [GATEWAY_CLASS, GATEWAY]) backend.write(object, user);
  for (const [name, image] of [
    ['one', 'shop/app:1'],
    ['two', 'shop/app:2'],
  ] as const) {
    backend.write(deployment({ name, image }), user);
    backend.write(service(name), user);
  }
  await clock.advance(1000);

  const request = (changes: Partial<HttpRequest> = {}) =>
    gateway.handle({ method: 'GET', host: HOST, path: '/', headers: {}, ...changes });

  /** Answers of `count` requests by version, or by status where no version answered. */
  const tally = async (count: number, changes: Partial<HttpRequest> = {}): Promise<Record<string, number>> => {
    const seen: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      const answer = await request(changes);
      const key = answer.headers[VERSION_HEADER] ?? String(answer.status);
      seen[key] = (seen[key] ?? 0) + 1;
    }
    return seen;
  };

  const write = async (...objects: readonly KubeObject[]): Promise<void> => {
    for (const object of objects) backend.write(object, user);
    await clock.advance(500);
  };
  const scale = async (name: string, replicas: number): Promise<void> => {
    world.change(world.get('Deployment', name), { replicas });
    await clock.advance(3000);
  };
  const route = (name = 'app'): KubeObject | undefined =>
    backend.read({ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', namespace: 'shop', name });
  /** `True Accepted @1`: condition of the route's first parent. */
  const told = (type: string, name = 'app'): string => {
    const conditions = listAt(route(name), 'status', 'parents', 0, 'conditions');
    const found = conditions.find((condition) => stringAt(condition, 'type') === type);
    return `${stringAt(found, 'status')} ${stringAt(found, 'reason')} @${at(found, 'observedGeneration')}`;
  };

  return { ...world, gateway, request, tally, write, scale, route, told };
};

export const GATEWAY_CLASS: KubeObject = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'GatewayClass',
  metadata: { name: 'traefik' },
  spec: { controllerName: 'traefik.io/gateway-controller' },
};

export const GATEWAY: KubeObject = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name: 'edge', namespace: 'shop' },
  spec: { gatewayClassName: 'traefik', listeners: [{ name: 'web', protocol: 'HTTP', port: 8000 }] },
};

export type RuleTraits = {
  readonly matches?: readonly unknown[];
  readonly backendRefs?: readonly unknown[];
  readonly [field: string]: unknown;
};

export const backend = (name: string, weight = 1, extra: Readonly<Record<string, unknown>> = {}) => ({
  name,
  port: 80,
  weight,
  ...extra,
});

export const httpRoute = (
  rules: readonly RuleTraits[],
  { name = 'app', ...spec }: { name?: string; [field: string]: unknown } = {},
): KubeObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name, namespace: 'shop' },
  spec: { parentRefs: [{ name: 'edge' }], hostnames: [HOST], rules, ...spec },
});

export const ingress = (
  name: string,
  {
    service: backendService = name,
    path = '/',
    annotations = {},
  }: { service?: string; path?: string; annotations?: Readonly<Record<string, string>> } = {},
): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: {
    name,
    namespace: 'shop',
    annotations: Object.fromEntries(
      Object.entries(annotations).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]),
    ),
  },
  spec: {
    ingressClassName: 'nginx',
    rules: [
      {
        host: HOST,
        http: {
          paths: [{ path, pathType: 'Prefix', backend: { service: { name: backendService, port: { number: 80 } } } }],
        },
      },
    ],
  },
});
