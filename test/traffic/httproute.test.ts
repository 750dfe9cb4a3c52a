import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRecord, listAt, recordAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { httpRoute } from '#src/traffic/httproute.ts';
import { twoWay } from '#src/traffic/split.ts';
import { aRouteInGit, gateway, routeRef as ref } from './a-route.ts';
import { RouteWorld } from './route-world.ts';

const adopting = {
  ...ref,
  gatewayRefs: [],
  routeRef: { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', name: 'shop' },
};
const rulesOf = (route: unknown) => listAt(route, 'spec', 'rules').filter(isRecord);
const problemsOf = (objects: readonly KubeObject[], of = ref): readonly string[] =>
  httpRoute.problems(new RouteWorld(objects), of).map(({ where, message }) => `${where}: ${message}`);

test('its own route is written whole', () => {
  const [patch] = httpRoute.plan(new RouteWorld([gateway]), ref, { split: twoWay(ref, 5), stamp: 'run-1' }).patches;
  assert.deepEqual(patch, {
    type: 'apply',
    object: {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: {
        name: 'podinfo',
        namespace: 'shop',
        labels: { 'serin.dev/canary-uid': 'canary-1', 'serin.dev/held': 'true' },
        annotations: {
          'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
          'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
          'serin.dev/stamp': 'run-1',
        },
      },
      spec: {
        parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: 'gateways', name: 'edge' }],
        hostnames: ['podinfo.example.com'],
        rules: [
          {
            matches: [{ path: { type: 'PathPrefix', value: '/' } }],
            backendRefs: [
              { group: '', kind: 'Service', name: 'podinfo-primary', port: 80, weight: 95 },
              { group: '', kind: 'Service', name: 'podinfo-canary', port: 80, weight: 5 },
            ],
          },
        ],
      },
    },
  });
});

test('an adopted route gets its weights, its stamp and its baseline in one patch, and nothing else', () => {
  const world = new RouteWorld([aRouteInGit()]);
  const [patch, ...more] = httpRoute.plan(world, adopting, { split: twoWay(ref, 5), stamp: 'run-1' }).patches;
  assert.deepEqual(more, []);
  assert.ok(patch?.type === 'merge');
  world.write([patch]);
  const route = world.get({ ...adopting.routeRef, namespace: 'shop' });
  const before = aRouteInGit();
  assert.deepEqual(Object.keys(route?.metadata.labels ?? {}), ['team', 'serin.dev/held']);
  assert.deepEqual(Object.keys(route?.metadata.annotations ?? {}), [
    'example.com/note',
    'serin.dev/baseline',
    'serin.dev/stamp',
  ]);
  const [first, second] = rulesOf(before);
  assert.deepEqual(route?.['spec'], {
    ...recordAt(before, 'spec'),
    rules: [
      first,
      {
        ...second,
        backendRefs: [
          { name: 'podinfo-primary', port: 80, weight: 95 },
          { name: 'podinfo-canary', port: 80, weight: 5 },
        ],
      },
    ],
  });
});

test('after Git has changed a rule, release gives back the apex with the share it has', () => {
  const world = new RouteWorld([aRouteInGit()]);
  world.write(httpRoute.plan(world, adopting, { split: twoWay(ref, 5) }).patches);
  const route = world.get({ ...adopting.routeRef, namespace: 'shop' });
  assert.ok(route);
  const changed = { ...rulesOf(route)[1], matches: [] };
  world.put({ ...route, spec: { ...recordAt(route, 'spec'), rules: [changed] } });
  world.write(httpRoute.release(world, adopting).patches);
  assert.deepEqual(rulesOf(world.get({ ...adopting.routeRef, namespace: 'shop' })), [
    { ...changed, backendRefs: [{ name: 'podinfo', port: 80, weight: 100 }] },
  ]);
});

test('a route of that name that is somebody else’s is left alone, and its maker named', () => {
  const managedFields = [{ manager: 'kustomize-controller', operation: 'Apply' }];
  const foreign = { ...aRouteInGit(), metadata: { name: 'podinfo', namespace: 'shop', managedFields } };
  assert.deepEqual(problemsOf([foreign]), [
    'HTTPRoute shop/podinfo: it exists and was made by field manager kustomize-controller; want spec.routeRef to name it, so that Serin adopts it, or another name',
  ]);
  const world = new RouteWorld([foreign]);
  assert.deepEqual(httpRoute.plan(world, ref, { split: twoWay(ref, 5) }).patches, []);
  assert.deepEqual(httpRoute.release(world, ref).patches, []);
  assert.equal(httpRoute.observe(world, ref), undefined);
});

test('a route of another Canary is named as such', () => {
  const labels = { 'serin.dev/canary-uid': 'canary-2' };
  const [problem] = problemsOf([{ ...aRouteInGit(), metadata: { name: 'podinfo', namespace: 'shop', labels } }]);
  assert.match(problem ?? '', /made for another Canary \(uid canary-2\)/);
});

test('a route to adopt must exist, lead to the apex, have room and be nobody else’s', () => {
  assert.deepEqual(problemsOf([], adopting), [
    'spec.routeRef: HTTPRoute shop/shop does not exist; want the route that leads to Service podinfo',
  ]);
  const elsewhere = aRouteInGit({ backends: [{ name: 'cart', port: 80 }] });
  assert.match(problemsOf([elsewhere], adopting)[0] ?? '', /no rule of it leads to Service podinfo/);
  const many = Array.from({ length: 15 }, (_, index) => ({ name: `b${index}`, port: 80 }));
  const full = aRouteInGit({ backends: [...many, { name: 'podinfo', port: 80 }] });
  assert.match(problemsOf([full], adopting)[0] ?? '', /16 backends/);

  const world = new RouteWorld([aRouteInGit()]);
  world.write(httpRoute.plan(world, adopting, { split: twoWay(ref, 5) }).patches);
  const other = { ...adopting, canaryUid: 'canary-2' };
  assert.match(httpRoute.problems(world, other)[0]?.message ?? '', /adopted by another Canary/);
  assert.deepEqual(httpRoute.plan(world, other, { split: twoWay(ref, 50) }).patches, []);
  assert.deepEqual(httpRoute.release(world, other).patches, []);
});

test('one of its rules being more exposed than the others is what counts', () => {
  const route = aRouteInGit();
  const rule = (canary: number) => ({
    backendRefs: [
      { name: 'podinfo-primary', port: 80, weight: 100 - canary },
      { name: 'podinfo-canary', port: 80, weight: canary },
    ],
  });
  const annotations = { 'serin.dev/baseline': JSON.stringify({ canaryUid: 'canary-1', value: {} }) };
  const world = new RouteWorld([
    { ...route, metadata: { ...route.metadata, annotations }, spec: { rules: [rule(5), rule(40)] } },
  ]);
  assert.deepEqual(httpRoute.observe(world, adopting)?.split, twoWay(ref, 40));
});

test('hosts and stamps that are no longer wanted go', () => {
  const world = new RouteWorld([gateway]);
  world.write(httpRoute.plan(world, ref, { split: twoWay(ref, 5), stamp: 's' }).patches);
  const noHosts = { ...ref, hosts: [] };
  world.write(httpRoute.plan(world, noHosts, { split: twoWay(ref, 5) }).patches);
  const route = world.get({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    namespace: 'shop',
    name: 'podinfo',
  });
  assert.equal(recordAt(route, 'spec')['hostnames'], undefined);
  assert.equal(route?.metadata.annotations?.['serin.dev/stamp'], undefined);
  assert.deepEqual(httpRoute.plan(world, noHosts, { split: twoWay(ref, 5) }).patches, []);
});

const gatewayClass = (controllerName: string): KubeObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'GatewayClass',
  metadata: { name: 'traefik' },
  spec: { controllerName },
});

test('the Gateway’s class tells the counters before the route has been answered', () => {
  const world = new RouteWorld([gateway, gatewayClass('traefik.io/gateway-controller')]);
  const service = 'service=~".*-svc-shop-podinfo-canary-[0-9]+@kubernetesgateway"';
  assert.deepEqual(httpRoute.metrics(world, ref, 'canary'), {
    requests: `traefik_service_requests_total{${service}}`,
    errors: `traefik_service_requests_total{${service},code=~"5.."}`,
    durationBuckets: { selector: `traefik_service_request_duration_seconds_bucket{${service}}`, unit: 's' },
  });
  assert.equal(httpRoute.capabilities(world, ref).perBackendMetrics, true);
});

test('the controllers that answered tell the counters; of several or unknown ones there are none', () => {
  const answeredBy = (...controllers: readonly string[]): RouteWorld => {
    const world = new RouteWorld([gateway, gatewayClass('traefik.io/gateway-controller')]);
    world.write(httpRoute.plan(world, ref, { split: twoWay(ref, 5) }).patches);
    const route = world.all().find(({ kind }) => kind === 'HTTPRoute');
    assert.ok(route);
    world.put({ ...route, status: { parents: controllers.map((controllerName) => ({ controllerName })) } });
    return world;
  };
  const requests = (...controllers: readonly string[]): string | undefined =>
    stringAt(httpRoute.metrics(answeredBy(...controllers), ref, 'primary'), 'requests');
  assert.equal(
    requests('projectcontour.io/gateway-controller'),
    'envoy_cluster_upstream_rq{envoy_cluster_name="shop_podinfo-primary_80"}',
  );
  assert.equal(requests('gateway.envoyproxy.io/gatewayclass-controller'), undefined);
  assert.equal(requests('traefik.io/gateway-controller', 'istio.io/gateway-controller'), undefined);
  const linkerd = answeredBy('linkerd.io/policy-controller');
  assert.equal(httpRoute.capabilities(linkerd, ref).acceptance, 'status');
});

test('of a canary that gets copies alone the counters are those of its pods', () => {
  const world = new RouteWorld([gateway, gatewayClass('istio.io/gateway-controller')]);
  const requests = (): string => stringAt(httpRoute.metrics(world, ref, 'canary'), 'requests') ?? '';
  const set = (weight: number, mirror?: number): void =>
    world.write(
      httpRoute.plan(world, ref, { split: twoWay(ref, weight), ...(mirror === undefined ? {} : { mirror }) }).patches,
    );
  const bySource = /reporter="source",.*destination_service_name="podinfo-canary"/;
  assert.match(requests(), bySource);
  set(0, 20);
  assert.match(requests(), /reporter="destination",.*destination_workload="podinfo-canary"/);
  assert.match(stringAt(httpRoute.metrics(world, ref, 'primary'), 'requests') ?? '', /reporter="source"/);
  set(5, 20);
  assert.match(requests(), bySource);
  set(0);
  assert.match(requests(), bySource);
});

test('what cannot be seen of the Gateway is told by the answer in the status', () => {
  const blind = { get: () => undefined, sees: () => false };
  assert.equal(httpRoute.metrics(blind, ref, 'canary'), 'later');
  const world = new RouteWorld([gateway]);
  world.write(httpRoute.plan(world, ref, { split: twoWay(ref, 5) }).patches);
  const route = world.all().find(({ kind }) => kind === 'HTTPRoute');
  assert.ok(route);
  const seeing = (seen: KubeObject) => ({
    get: ({ kind }: { readonly kind: string }) => (kind === 'HTTPRoute' ? seen : undefined),
    sees: ({ kind }: { readonly kind: string }) => kind === 'HTTPRoute',
  });
  assert.equal(httpRoute.metrics(seeing(route), ref, 'canary'), 'later');
  assert.match(httpRoute.accepted(seeing(route), ref).detail, /has not answered yet$/);
  const answered = { ...route, status: { parents: [{ controllerName: 'projectcontour.io/gateway-controller' }] } };
  assert.match(stringAt(httpRoute.metrics(seeing(answered), ref, 'canary'), 'requests') ?? '', /^envoy_cluster/);
});
