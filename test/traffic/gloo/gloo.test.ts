import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, listAt, recordAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { routeTableRef, sideUpstream } from '#src/traffic/gloo/names.ts';
import { gloo } from '#src/traffic/gloo.ts';
import type { RouteRef } from '#src/traffic/router.ts';
import { twoWay } from '#src/traffic/split.ts';
import { routeRef } from '#test/traffic/a-route.ts';
import { RouteWorld } from '#test/traffic/route-world.ts';

const ref: RouteRef = { ...routeRef, gatewayRefs: [], hosts: [] };
const withSettings: RouteRef = { ...ref, upstreamRef: { name: 'settings' } };

const settings = (spec: KubeObject['spec']): KubeObject => ({
  apiVersion: 'gloo.solo.io/v1',
  kind: 'Upstream',
  metadata: { name: 'settings', namespace: 'shop' },
  spec,
});

const problemsOf = (of: RouteRef, objects: readonly KubeObject[] = []): readonly string[] =>
  gloo.problems(new RouteWorld(objects), of).map(({ where, message }) => `${where}: ${message}`);

const set = (world: RouteWorld, weight: number, of = ref): readonly string[] => {
  const { patches } = gloo.plan(world, of, { split: twoWay(of, weight) });
  world.write(patches);
  return patches.map((patch) => (patch.type === 'apply' ? patch.object.kind : patch.ref.kind));
};

const canaryOf = (world: RouteWorld): unknown => world.get(sideUpstream(ref, 'canary'));

test('the Upstreams are there before a route leads to them, and a weight waits for nothing', () => {
  const world = new RouteWorld([settings({ useHttp2: true })]);
  assert.deepEqual(set(world, 0, withSettings), ['Upstream', 'Upstream', 'RouteTable']);
  world.put(settings({ useHttp2: false }));
  assert.deepEqual(set(world, 10, withSettings), ['RouteTable', 'Upstream', 'Upstream']);
  assert.deepEqual(set(world, 20, withSettings), ['RouteTable']);
});

test('the route leads to nothing when it goes: it goes first', () => {
  const world = new RouteWorld([]);
  set(world, 5);
  const { patches } = gloo.release(world, ref);
  assert.deepEqual(
    patches.map((patch) => patch.type === 'delete' && patch.ref.kind),
    ['RouteTable', 'Upstream', 'Upstream'],
  );
});

test('a port that changes leaves no weight unseen, and what it was known by goes in the end', () => {
  const world = new RouteWorld([]);
  set(world, 40);
  const moved = { ...ref, port: 8080 };
  assert.deepEqual(gloo.observe(world, moved)?.split, twoWay(ref, 40));
  const names = gloo.release(world, moved).patches.map((patch) => patch.type === 'delete' && patch.ref.name);
  assert.deepEqual(names, ['podinfo', 'shop-podinfo-primaryupstream-80', 'shop-podinfo-canaryupstream-80']);
  assert.deepEqual(set(world, 0, moved), ['Upstream', 'Upstream', 'RouteTable']);
});

test('settings follow their source, also when it loses one', () => {
  const world = new RouteWorld([settings({ maxConcurrentStreams: 9, connectionConfig: { connectTimeout: '1s' } })]);
  set(world, 0, withSettings);
  assert.equal(at(canaryOf(world), 'spec', 'maxConcurrentStreams'), 9);
  world.put(settings({ connectionConfig: {} }));
  assert.deepEqual(set(world, 0, withSettings), ['Upstream', 'Upstream']);
  assert.equal(at(canaryOf(world), 'spec', 'maxConcurrentStreams'), undefined);
  assert.deepEqual(at(canaryOf(world), 'spec', 'connectionConfig'), {});
});

test('what discovery adds to an Upstream stays', () => {
  const world = new RouteWorld([]);
  set(world, 0);
  const upstream = world.get(sideUpstream(ref, 'canary'));
  assert.ok(upstream);
  const spec = recordAt(upstream, 'spec');
  const found = { ...spec, useHttp2: true, kube: { ...recordAt(spec, 'kube'), serviceSpec: { grpc: {} } } };
  world.put({ ...upstream, spec: found });
  assert.deepEqual(set(world, 0), []);
});

test('without its settings nothing is made, and what stands is still taken down', () => {
  const world = new RouteWorld([]);
  assert.deepEqual(set(world, 0, withSettings), []);
  assert.deepEqual(problemsOf(withSettings), [
    'spec.upstreamRef: Upstream shop/settings does not exist; want the Upstream whose settings the sides get, or no upstreamRef',
  ]);
  const standing = new RouteWorld([settings({})]);
  set(standing, 40, withSettings);
  standing.write([{ type: 'delete', ref: { ...sideUpstream(ref, 'canary'), name: 'settings' }, uid: 'uid-1' }]);
  assert.deepEqual(set(standing, 0, withSettings), ['RouteTable']);
  assert.deepEqual(gloo.observe(standing, ref)?.split, twoWay(ref, 0));
});

test('an Upstream that cannot be seen is not said to be missing', () => {
  const objects = { get: () => undefined, sees: () => false };
  assert.deepEqual(gloo.problems(objects, withSettings), []);
});

test('a name that is taken is told with its maker, and nothing is written', () => {
  const taken: KubeObject = {
    ...routeTableRef(ref),
    metadata: { name: 'podinfo', namespace: 'shop', managedFields: [{ manager: 'flagger' }] },
  };
  assert.deepEqual(problemsOf(ref, [taken]), [
    'RouteTable shop/podinfo: it has a name that Serin needs and was made by field manager flagger; want it deleted, or another spec.service.name',
  ]);
  const world = new RouteWorld([taken]);
  assert.deepEqual(set(world, 5), []);
  assert.deepEqual(gloo.release(world, ref).patches, []);
  assert.equal(gloo.observe(world, ref), undefined);
  const upstream = { ...taken, ...sideUpstream(ref, 'canary') };
  const labels = { 'serin.dev/canary-uid': 'another' };
  const others = { ...upstream, metadata: { name: upstream.name, namespace: 'shop', labels } };
  assert.match(problemsOf(ref, [others])[0] ?? '', /made for another Canary \(uid another\); want it deleted if/);
});

test('somebody else who writes the routes is named', () => {
  const world = new RouteWorld([]);
  set(world, 5);
  const route = world.get(routeTableRef(ref));
  assert.ok(route);
  const fieldsV1 = { 'f:spec': { 'f:routes': {} } };
  world.put({ ...route, metadata: { ...route.metadata, managedFields: [{ manager: 'kubectl', fieldsV1 }] } });
  assert.equal(gloo.foreignManager(world, ref), 'kubectl');
  assert.equal(gloo.foreignManager(new RouteWorld([]), ref), undefined);
});

test('a route that only methods reach that must not be repeated has no mirror', () => {
  const options = { match: [{ method: { exact: 'POST' } }] };
  assert.equal(gloo.capabilities(new RouteWorld([]), { ...ref, options }).mirror, 'none');
  const also = { match: [...options.match, { method: { exact: 'GET' } }] };
  const world = new RouteWorld([]);
  world.write(gloo.plan(world, { ...ref, options: also }, { split: twoWay(ref, 0), mirror: 10 }).patches);
  const [mirror] = listAt(world.get(routeTableRef(ref)), 'spec', 'routes');
  assert.deepEqual(listAt(mirror, 'matchers'), [{ methods: ['GET'] }]);
  assert.deepEqual([at(mirror, 'inheritableMatchers'), at(mirror, 'inheritablePathMatchers')], [true, true]);
});

test('counters are those of the Envoy cluster that Gloo makes of an Upstream', () => {
  const metrics = gloo.metrics(new RouteWorld([]), ref, 'canary');
  const cluster = 'envoy_cluster_name="shop-podinfo-canaryupstream-80_shop"';
  assert.equal(stringAt(metrics, 'requests'), `envoy_cluster_upstream_rq{${cluster}}`);
  assert.equal(stringAt(metrics, 'errors'), `envoy_cluster_upstream_rq{${cluster},envoy_response_code=~"5.."}`);
  // Of gRPC they would count failed calls as good ones.
  const grpc = { ...ref, options: { appProtocol: 'grpc' } };
  assert.equal(gloo.metrics(new RouteWorld([]), grpc, 'canary'), null);
  assert.equal(gloo.capabilities(new RouteWorld([]), grpc).perBackendMetrics, false);
});
