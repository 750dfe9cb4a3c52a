import { listAt, recordAt } from '#src/lib/json.ts';
import type { Condition } from '#src/rollout/request-match.ts';
import { istio } from '#src/traffic/istio.ts';
import {
  aDestinationRule,
  admitIstio,
  adoptingRef,
  aVirtualService,
  edgeGateway,
  istioRef,
} from '#test/traffic/istio/an-istio.ts';
import { istioTraffic } from '#test/traffic/istio/plane.ts';
import type { RouteWorld } from '#test/traffic/route-world.ts';
import { pinSamples } from './pin-samples.ts';
import { routerContract } from './router-contract.ts';

const ANY = ['exact', 'prefix', 'regex'] as const;
const pins = pinSamples({ pins: { header: ANY, cookie: ANY, query: ANY } });
/** One sample for each place and operator, and the last, which has them in several alternatives. */
const fewPins = pins.filter(({ pinned }, index) => {
  const kind = ({ on, op }: Condition): string => `${on} ${op}`;
  const isNew = (condition: Condition): boolean =>
    !pins.slice(0, index).some((sample) => sample.pinned.flat().some((other) => kind(other) === kind(condition)));
  return index === pins.length - 1 || pinned.flat().some(isNew);
});
const made = { router: istio, before: [edgeGateway], admit: admitIstio, edit: () => {} };

routerContract({
  ...made,
  name: 'Istio: VirtualService made by Serin',
  golden: 'istio-own',
  ref: istioRef,
  traffic: istioTraffic('podinfo', [{ uri: '/' }]),
  pins,
});

routerContract({
  ...made,
  name: 'Istio: VirtualService made by Serin, with every option',
  golden: 'istio-own-options',
  ref: {
    ...istioRef,
    options: {
      gateways: ['gateways/edge'],
      match: [{ uri: { prefix: '/api' } }, { uri: { exact: '/health' }, method: { regex: 'GET|POST' } }],
      retries: { attempts: 3, perTryTimeout: '1500ms', retryOn: 'gateway-error,connect-failure' },
      corsPolicy: { allowOrigins: [{ exact: 'https://example.com' }], allowMethods: ['GET'], maxAge: '24h' },
      headers: { request: { add: { 'x-envoy-max-retries': '10' } }, response: { remove: ['server'] } },
      rewrite: { uri: '/', authority: 'podinfo.internal' },
      timeout: '1m30s',
      trafficPolicy: { connectionPool: { http: { http1MaxPendingRequests: 100 } }, tls: { mode: 'ISTIO_MUTUAL' } },
    },
  },
  traffic: istioTraffic('podinfo', [{ uri: '/api/items' }]),
  pins: fewPins,
});

routerContract({
  ...made,
  name: 'Istio: VirtualService made by Serin for connections',
  golden: 'istio-own-tcp',
  ref: { ...istioRef, hosts: [], options: { appProtocol: 'tcp', match: [{ port: 5432 }] } },
  traffic: istioTraffic('podinfo', [{ port: 5432 }]),
});

routerContract({
  ...made,
  name: 'Istio: delegate made by Serin',
  golden: 'istio-own-delegate',
  ref: { ...istioRef, hosts: [], options: { delegation: true } },
  traffic: istioTraffic('podinfo', [{ uri: '/' }]),
  pins: fewPins,
});

/** Somebody adds a host name in Git. */
const addHost = (world: RouteWorld): void => {
  const found = world.get({ ...adoptingRef.routeRef, ...kindOf('VirtualService'), namespace: 'shop', name: 'shop' });
  if (found === undefined) return;
  const hosts = [...new Set([...listAt(found, 'spec', 'hosts'), 'new.example.com'])];
  world.put({ ...found, spec: { ...recordAt(found, 'spec'), hosts } });
};

const kindOf = (kind: string) => ({ apiVersion: 'networking.istio.io/v1', kind });

const adopted = { router: istio, ref: adoptingRef, admit: admitIstio, edit: addHost };
const port = { number: 80 };

routerContract({
  ...adopted,
  name: 'Istio: adopted from Git',
  golden: 'istio-adopted',
  before: [aVirtualService({ http: [{ route: [{ destination: { host: 'podinfo', port } }] }] })],
  traffic: istioTraffic('shop', [{ uri: '/' }]),
  pins: fewPins,
});

routerContract({
  ...adopted,
  name: 'Istio: adopted from Git, the host in its longer forms',
  golden: 'istio-adopted-hosts',
  before: [
    aVirtualService({
      http: [
        { match: [{ uri: { prefix: '/a' } }], route: [{ destination: { host: 'podinfo.shop' }, weight: 100 }] },
        { match: [{ uri: { prefix: '/b' } }], route: [{ destination: { host: 'podinfo.shop.svc' }, weight: 1 }] },
        { name: 'rest', timeout: '10s', route: [{ destination: { host: 'podinfo.shop.svc.cluster.local' } }] },
      ],
    }),
  ],
  traffic: istioTraffic('shop', [{ uri: '/a' }, { uri: '/b' }, { uri: '/' }]),
  pins: fewPins,
});

routerContract({
  ...adopted,
  name: 'Istio: adopted from Git, with other destinations and routes',
  golden: 'istio-adopted-shared',
  before: [
    aVirtualService({
      http: [
        { match: [{ uri: { prefix: '/cart' } }], route: [{ destination: { host: 'cart' } }] },
        { match: [{ uri: { exact: '/old' } }], redirect: { uri: '/new' } },
        {
          name: 'api',
          match: [{ uri: { prefix: '/api' } }, { uri: { prefix: '/v2' }, headers: { 'x-tenant': { exact: 'blue' } } }],
          mirror: { host: 'recorder' },
          mirrorPercentage: { value: 5 },
          route: [
            { destination: { host: 'legacy' }, weight: 1 },
            { destination: { host: 'podinfo', port }, weight: 3, headers: { request: { set: { 'x-from': 'api' } } } },
          ],
        },
        { route: [{ destination: { host: 'podinfo' } }] },
      ],
    }),
  ],
  traffic: istioTraffic('shop', [{ uri: '/cart' }, { uri: '/api' }, { uri: '/' }]),
  pins: fewPins,
});

routerContract({
  ...adopted,
  name: 'Istio: adopted from Git, for requests and connections',
  golden: 'istio-adopted-tcp',
  before: [
    aVirtualService({
      hosts: ['podinfo'],
      gateways: ['mesh'],
      http: [{ match: [{ uri: { prefix: '/admin' } }], route: [{ destination: { host: 'admin' } }] }],
      tcp: [
        { match: [{ port: 9000 }], route: [{ destination: { host: 'other' } }] },
        { route: [{ destination: { host: 'podinfo' } }] },
      ],
    }),
  ],
  traffic: istioTraffic('shop', [{ uri: '/admin' }, { port: 5432 }, { port: 9000 }]),
});

routerContract({
  ...adopted,
  name: 'Istio: adopted from Git, which names the sides itself',
  golden: 'istio-adopted-sides',
  before: [
    aVirtualService({
      http: [
        {
          route: [
            { destination: { host: 'podinfo-primary' }, weight: 90 },
            { destination: { host: 'legacy' }, weight: 10 },
            { destination: { host: 'podinfo-canary' } },
          ],
        },
      ],
    }),
  ],
  traffic: istioTraffic('shop', [{ uri: '/' }]),
  pins: fewPins,
});

const subsets = [{ name: 'v1', labels: { version: 'v1' } }];

routerContract({
  ...adopted,
  name: 'Istio: adopted from Git, a subset of the apex host',
  golden: 'istio-adopted-subset',
  before: [
    aDestinationRule('podinfo', {
      host: 'podinfo.shop.svc.cluster.local',
      trafficPolicy: { loadBalancer: { simple: 'LEAST_REQUEST' } },
      subsets,
    }),
    aVirtualService({ http: [{ route: [{ destination: { host: 'podinfo', subset: 'v1', port } }] }] }),
  ],
  traffic: istioTraffic('shop', [{ uri: '/' }]),
  pins: fewPins,
});

routerContract({
  ...adopted,
  name: 'Istio: adopted from Git, split by subsets of one host',
  golden: 'istio-adopted-roles',
  before: [
    aDestinationRule('podinfo-all', {
      host: 'podinfo-all',
      subsets: [
        { name: 'stable', labels: { 'serin.dev/role': 'primary' } },
        { name: 'next', labels: { 'serin.dev/role': 'canary' } },
      ],
    }),
    aVirtualService({
      http: [
        {
          route: [
            { destination: { host: 'podinfo-all', subset: 'stable' }, weight: 100 },
            { destination: { host: 'podinfo-all', subset: 'next' }, weight: 0 },
          ],
        },
      ],
    }),
  ],
  traffic: istioTraffic('shop', [{ uri: '/' }]),
  pins: fewPins,
});

routerContract({
  ...adopted,
  name: 'Istio: adopted delegate',
  golden: 'istio-adopted-delegate',
  before: [{ ...aVirtualService({}), spec: { http: [{ route: [{ destination: { host: 'podinfo' } }] }] } }],
  edit: () => {},
  traffic: istioTraffic('shop', [{ uri: '/' }]),
  pins: fewPins,
});
