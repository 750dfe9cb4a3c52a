import type { KubeObject } from '#src/lib/kube-object.ts';
import { gloo } from '#src/traffic/gloo.ts';
import type { RouteRef } from '#src/traffic/router.ts';
import { routeRef } from '#test/traffic/a-route.ts';
import { admitted, glooTraffic } from '#test/traffic/gloo/gloo-plane.ts';
import { RouteWorld } from '#test/traffic/route-world.ts';
import { pinSamples } from './pin-samples.ts';
import { routerContract } from './router-contract.ts';

const ref: RouteRef = { ...routeRef, gatewayRefs: [], hosts: [] };
const pins = pinSamples(gloo.capabilities(new RouteWorld([]), ref));

routerContract({
  name: "Gloo's RouteTable",
  golden: 'gloo-plain',
  router: gloo,
  ref,
  before: [],
  admit: admitted,
  traffic: glooTraffic('/'),
  pins,
  edit: () => {},
});

/** An Upstream of the user's with settings, whose own way leads elsewhere. */
const settings: KubeObject = {
  apiVersion: 'gloo.solo.io/v1',
  kind: 'Upstream',
  metadata: { name: 'settings', namespace: 'gloo-system', labels: { team: 'shop' } },
  spec: {
    circuitBreakers: { maxConnections: 512 },
    healthChecks: [{ timeout: '1s', interval: '5s', httpHealthCheck: { path: '/healthz' } }],
    discoveryMetadata: { labels: { app: 'podinfo' } },
    static: { hosts: [{ addr: 'example.com', port: 80 }] },
  },
};

routerContract({
  name: "Gloo's RouteTable with everything that a Canary can say of a route",
  golden: 'gloo-full',
  router: gloo,
  ref: {
    ...ref,
    upstreamRef: { name: 'settings', namespace: 'gloo-system' },
    options: {
      appProtocol: 'grpc',
      match: [
        { uri: { prefix: '/api' }, ignoreUriCase: true, queryParams: { debug: { regex: '[0-9]*|' } } },
        { uri: { regex: '/.*' }, withoutHeaders: { 'x-internal': { exact: 'yes' } } },
      ],
      timeout: '1m30s',
      retries: { attempts: 3, perTryTimeout: '500ms', retryOn: '5xx' },
      headers: { request: { set: { 'x-shop': '1' }, remove: ['x-debug'] }, response: { add: { 'x-by': 'serin' } } },
      corsPolicy: { allowOrigins: [{ exact: 'https://a.example' }, { prefix: 'https://b.' }], maxAge: '24h' },
      rewrite: { uri: '/v2', authority: 'shop.example' },
    },
  },
  before: [settings],
  admit: admitted,
  traffic: glooTraffic('/', '/api/cart'),
  pins,
  edit: () => {},
});
