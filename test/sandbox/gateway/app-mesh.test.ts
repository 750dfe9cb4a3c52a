import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, listAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { AwsAnswer } from '#src/sandbox/gateway/app-mesh/aws-answer.ts';
import { user } from '../workloads/workload-world.ts';
import { gatewayWorld } from './gateway-world.ts';

type Json = Readonly<Record<string, unknown>>;

const API = 'appmesh.k8s.aws/v1beta2';
const object = (kind: string, name: string, spec: Json): KubeObject => ({
  apiVersion: API,
  kind,
  metadata: { name, namespace: 'shop' },
  spec,
});
const MESH: KubeObject = { apiVersion: API, kind: 'Mesh', metadata: { name: 'all' }, spec: { namespaceSelector: {} } };
const node = (name: string): KubeObject =>
  object('VirtualNode', name, {
    podSelector: { matchLabels: { app: name } },
    listeners: [{ portMapping: { port: 80, protocol: 'http' } }],
    serviceDiscovery: { dns: { hostname: `${name}.shop.svc.cluster.local.` } },
  });
const route = (
  name: string,
  { match = { prefix: '/' }, targets, ...more }: Json & { targets: Readonly<Record<string, number>> },
) => ({
  name,
  ...more,
  httpRoute: {
    match,
    action: {
      weightedTargets: Object.entries(targets).map(([target, weight]) => ({
        virtualNodeRef: { name: target },
        weight,
      })),
    },
  },
});
const router = (...routes: readonly unknown[]): KubeObject =>
  object('VirtualRouter', 'app', { listeners: [{ portMapping: { port: 80, protocol: 'http' } }], routes });
const SERVICE = object('VirtualService', 'app', { provider: { virtualRouter: { virtualRouterRef: { name: 'app' } } } });

const started = async (...routes: readonly unknown[]) => {
  let aws: AwsAnswer = { type: 'active' };
  const askAws = (asked: KubeObject): AwsAnswer => (asked.kind === 'VirtualRouter' ? aws : { type: 'active' });
  const world = await gatewayWorld({}, { appMesh: askAws });
  await world.write(MESH);
  await world.write(SERVICE, router(...routes), node('one'), node('two'));
  const read = (kind: string, name = 'app') => world.backend.read({ apiVersion: API, kind, namespace: 'shop', name });
  /** `True @1`: whether it is active, and for which generation. */
  const told = (kind: string, name?: string): string => {
    const found = read(kind, name);
    const condition = listAt(found, 'status', 'conditions').find((one) => stringAt(one, 'type') === `${kind}Active`);
    return `${stringAt(condition, 'status')} @${at(found, 'status', 'observedGeneration')}`;
  };
  /** A new version of an object that stands. */
  const change = async (changed: KubeObject): Promise<void> => {
    const standing = read(changed.kind, changed.metadata.name);
    const spec = { ...Object(standing?.['spec']), ...Object(changed['spec']) };
    world.backend.write({ ...changed, metadata: { ...standing?.metadata, ...changed.metadata }, spec }, user);
    await world.clock.advance(500);
  };
  const answer = async (changes: Parameters<typeof world.tally>[1] = {}) =>
    Object.keys(await world.tally(1, { host: 'app.shop', ...changes }))[0];
  const says = (answered: AwsAnswer): void => {
    aws = answered;
  };
  return { ...world, read, told, change, answer, says };
};

test('a VirtualService is known by its name in AWS, and its router divides by weights', async () => {
  const world = await started(route('app', { targets: { one: 3, two: 1 } }));
  for (const kind of ['VirtualRouter', 'VirtualService']) assert.equal(world.told(kind), 'True @1', kind);
  assert.equal(world.told('VirtualNode', 'two'), 'True @1');
  const seen = await world.tally(400, { host: 'app.shop' });
  assert.ok(Math.abs((seen['1'] ?? 0) - 300) < 40, JSON.stringify(seen));
  assert.equal(await world.answer({ host: 'app.shop.svc' }), '404');
  assert.equal(await world.answer({ host: 'one.shop' }), '1', 'a Service that the mesh does not know');
});

test('the route of the lowest priority that fits takes the request', async () => {
  const world = await started(
    route('app', { targets: { one: 1 } }),
    route('low', {
      priority: 9,
      match: { prefix: '/', headers: [{ name: 'x-a', match: { prefix: 'a' } }] },
      targets: { one: 1 },
    }),
    route('high', {
      priority: 1,
      match: { prefix: '/', headers: [{ name: 'X-A', match: { exact: 'ab' } }] },
      targets: { two: 1 },
    }),
    route('other', {
      priority: 2,
      match: { prefix: '/', headers: [{ name: 'x-b', match: { range: { start: 3, end: 5 } } }] },
      targets: { two: 1 },
    }),
    route('query', {
      priority: 3,
      match: { path: { exact: '/q' }, queryParameters: [{ name: 'v', match: { exact: '2' } }] },
      targets: { two: 1 },
    }),
  );
  assert.equal(await world.answer({ headers: { 'x-a': 'ab' } }), '2');
  assert.equal(await world.answer({ headers: { 'x-a': 'abc' } }), '1');
  assert.equal(await world.answer({ headers: { 'x-b': '4' } }), '2');
  assert.equal(await world.answer({ headers: { 'x-b': '5' } }), '1');
  assert.equal(await world.answer({ path: '/q?v=2' }), '2');
  assert.equal(await world.answer({ path: '/q?v=1' }), '1');
});

test('while AWS does not take a router, what it took before is served and the status stays', async () => {
  const world = await started(route('app', { targets: { one: 1 } }));
  world.says({ type: 'error' });
  await world.change(router(route('app', { targets: { two: 1 } })));
  assert.equal(world.told('VirtualRouter'), 'True @1');
  assert.equal(await world.answer(), '1');
  world.says({ type: 'active' });
  await world.clock.advance(2000);
  assert.equal(world.told('VirtualRouter'), 'True @2');
  assert.equal(await world.answer(), '2');
});

test('a router that AWS has and does not serve is told with the words that there are', async () => {
  const world = await started(route('app', { targets: { one: 1 } }));
  world.says({ type: 'inactive', reason: 'LimitExceeded', message: 'too many routes' });
  await world.change(router(route('app', { targets: { two: 1 } })));
  assert.equal(world.told('VirtualRouter'), 'False @2');
  assert.equal(at(world.read('VirtualRouter'), 'status', 'conditions', 0, 'message'), 'too many routes');
  assert.equal(await world.answer(), '1');
});

test('a router waits for its nodes', async () => {
  const world = await started(route('app', { targets: { one: 1, three: 1 } }));
  assert.equal(world.told('VirtualRouter'), 'undefined @undefined');
  await world.write(node('three'));
  assert.equal(world.told('VirtualRouter'), 'True @1');
  assert.equal(world.told('VirtualService'), 'True @1');
});

test('what AWS still needs goes after that', async () => {
  const world = await started(route('app', { targets: { one: 1 } }));
  const remove = (kind: string, name: string) =>
    world.backend.remove({ apiVersion: API, kind, namespace: 'shop', name });
  remove('VirtualNode', 'one');
  remove('VirtualNode', 'two');
  await world.clock.advance(5000);
  assert.equal(world.read('VirtualNode', 'two'), undefined);
  assert.notEqual(world.read('VirtualNode', 'one'), undefined, 'a route leads to it');
  remove('VirtualRouter', 'app');
  remove('VirtualService', 'app');
  await world.clock.advance(5000);
  assert.equal(world.read('VirtualRouter'), undefined);
  assert.equal(world.read('VirtualNode', 'one'), undefined);
});

test('the Envoys of clients and pods count by VirtualNode', async () => {
  const world = await started(route('app', { targets: { one: 1 } }));
  await world.answer();
  await world.scale('one', 0);
  assert.equal(await world.answer(), '503');
  const lines = world.gateway
    .metrics()
    .split('\n')
    .filter((line) => line.startsWith('envoy_cluster_upstream_rq{'));
  const egress =
    'envoy_cluster_upstream_rq{envoy_cluster_name="cds_egress_all_one_shop_http_80",kubernetes_pod_name="client"';
  assert.deepEqual(
    lines.filter((line) => line.includes('egress')),
    [`${egress},envoy_response_code="200"} 1`, `${egress},envoy_response_code="503"} 1`],
  );
  assert.match(
    lines.find((line) => line.includes('cds_ingress_all_one_shop_http_80')) ?? '',
    /kubernetes_pod_name="one-.*"200"\} 1$/,
  );
});
