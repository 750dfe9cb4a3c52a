import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, listAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { nodeRef, routerRef, serviceRef } from '#src/traffic/app-mesh/names.ts';
import { appMesh } from '#src/traffic/app-mesh.ts';
import type { RouteRef, TrafficIntent } from '#src/traffic/router.ts';
import { twoWay } from '#src/traffic/split.ts';
import { routeRef } from '#test/traffic/a-route.ts';
import { RouteWorld } from '#test/traffic/route-world.ts';
import { admitted, aService, theServices } from './mesh-plane.ts';

const ref: RouteRef = { ...routeRef, gatewayRefs: [], hosts: [] };

const set = (world: RouteWorld, weight: number, more: Partial<TrafficIntent> & { of?: RouteRef } = {}) => {
  const { of = ref, ...intent } = more;
  const { patches } = appMesh.plan(world, of, { split: twoWay(of, weight), ...intent });
  world.write(patches);
  return patches.map((patch) => (patch.type === 'apply' ? `${patch.object.kind} ${patch.object.metadata.name}` : ''));
};

const portMappingOf = (world: RouteWorld): unknown =>
  at(world.get(nodeRef(ref, 'canary')), 'spec', 'listeners', 0, 'portMapping');

test('what is led to is there first, and a weight waits for nothing', () => {
  const world = new RouteWorld(theServices, admitted);
  assert.deepEqual(set(world, 0), [
    'VirtualNode podinfo-primary',
    'VirtualNode podinfo-canary',
    'VirtualRouter podinfo',
    'VirtualService podinfo',
  ]);
  const backends = { of: { ...ref, options: { backends: ['cart'] } } };
  assert.deepEqual(set(world, 10, backends), [
    'VirtualRouter podinfo',
    'VirtualNode podinfo-primary',
    'VirtualNode podinfo-canary',
  ]);
  assert.deepEqual(set(world, 10), ['VirtualNode podinfo-primary', 'VirtualNode podinfo-canary']);
  assert.equal(at(world.get(nodeRef(ref, 'canary')), 'spec', 'backends'), undefined);
});

test('nothing leads to what is gone: it goes from the outside in', () => {
  const world = new RouteWorld(theServices, admitted);
  set(world, 5);
  const { patches } = appMesh.release(world, ref);
  assert.deepEqual(
    patches.map((patch) => patch.type === 'delete' && patch.ref.kind),
    ['VirtualService', 'VirtualRouter', 'VirtualNode', 'VirtualNode'],
  );
});

test('a VirtualNode has the pods and the port of its Service, and keeps them when that is gone', () => {
  const world = new RouteWorld([], admitted);
  set(world, 0);
  assert.deepEqual(portMappingOf(world), { port: 80, protocol: 'http' });
  assert.equal(at(world.get(nodeRef(ref, 'canary')), 'spec', 'podSelector'), undefined);
  for (const service of theServices) world.put(service);
  set(world, 0);
  const matchLabels = { app: 'podinfo', 'serin.dev/role': 'canary' };
  const expectNode = (): void => {
    assert.deepEqual(portMappingOf(world), { port: 9898, protocol: 'http' });
    assert.deepEqual(at(world.get(nodeRef(ref, 'canary')), 'spec', 'podSelector'), { matchLabels });
  };
  expectNode();
  for (const { metadata } of theServices) {
    const of = { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: metadata.name };
    world.write([{ type: 'delete', ref: of, uid: world.get(of)?.metadata.uid ?? '' }]);
  }
  assert.deepEqual(set(world, 10), ['VirtualRouter podinfo']);
  expectNode();
});

test('a port that is named after gRPC speaks it, unless the Canary says otherwise', () => {
  const ports = [{ name: 'grpc-api', port: 80, targetPort: 80 }];
  const services = [aService('podinfo-primary', 'primary', ports), aService('podinfo-canary', 'canary', ports)];
  const world = new RouteWorld(services, admitted);
  set(world, 0);
  assert.deepEqual(portMappingOf(world), { port: 80, protocol: 'grpc' });
  assert.deepEqual(appMesh.capabilities(world, ref).pins, {
    header: ['exact', 'prefix', 'regex'],
    cookie: [],
    query: [],
  });
  set(world, 0, { of: { ...ref, options: { appProtocol: 'http' } } });
  assert.deepEqual(portMappingOf(world), { port: 80, protocol: 'http' });
});

test('pins come before the split by their priority, which stays as it is for the split', () => {
  const world = new RouteWorld(theServices, admitted);
  const pinned = ['a', 'b'].map((value) => [{ on: 'header', name: 'x-who', op: 'exact', value } as const]);
  const priorities = (): readonly unknown[] =>
    listAt(world.get(routerRef(ref)), 'spec', 'routes').map((route) => [at(route, 'name'), at(route, 'priority')]);
  set(world, 0);
  assert.deepEqual(priorities(), [['podinfo', 900]]);
  set(world, 0, { pinned });
  assert.deepEqual(priorities(), [
    ['podinfo-pin-0-0', 0],
    ['podinfo-pin-1-0', 1],
    ['podinfo', 900],
  ]);
});

test('what a route can hold leaves so much to pins', () => {
  const limitsFor = (match: RouteRef['options']['match']) =>
    appMesh.capabilities(new RouteWorld([]), { ...ref, options: { match } }).pinLimits;
  assert.deepEqual(limitsFor([]), { matches: 49, conditions: 10 });
  const two = [{ headers: { a: { exact: '1' }, b: { exact: '1' } } }, { withoutHeaders: { c: { exact: '1' } } }];
  assert.deepEqual(limitsFor(two), { matches: 24, conditions: 8 });
});

test('backends are of the same namespace, of another one, or of another account', () => {
  const arn = 'arn:aws:appmesh:eu-west-1:1:mesh/prod/virtualService/pay.shop';
  const of = { ...ref, options: { backends: ['cart', 'stock/items', arn] } };
  const world = new RouteWorld([], admitted);
  set(world, 0, { of });
  assert.deepEqual(at(world.get(nodeRef(ref, 'primary')), 'spec', 'backends'), [
    { virtualService: { virtualServiceRef: { name: 'cart' } } },
    { virtualService: { virtualServiceRef: { name: 'items', namespace: 'stock' } } },
    { virtualService: { virtualServiceARN: arn } },
  ]);
});

test('people may add to a VirtualNode what is not Serin’s', () => {
  const world = new RouteWorld(theServices, admitted);
  set(world, 0);
  const node = world.get(nodeRef(ref, 'primary'));
  assert.ok(node);
  const logging = { accessLog: { file: { path: '/dev/stdout' } } };
  world.put({ ...node, spec: { ...Object(node['spec']), logging } });
  assert.deepEqual(set(world, 0), []);
});

test('a name that is taken stops everything', () => {
  const managedFields = [{ manager: 'flagger' }];
  const taken: KubeObject = { ...serviceRef(ref), metadata: { name: 'podinfo', namespace: 'shop', managedFields } };
  const world = new RouteWorld([...theServices, taken], admitted);
  const [problem, ...more] = appMesh.problems(world, ref);
  assert.deepEqual(more, []);
  assert.deepEqual(
    [problem?.where, problem?.message],
    [
      'VirtualService shop/podinfo',
      'it has a name that Serin needs and was made by field manager flagger; want it deleted, or another spec.service.name',
    ],
  );
  assert.deepEqual(set(world, 5), []);
  assert.deepEqual(appMesh.release(world, ref).patches, []);
});

test('counters are those of the clients’ proxies, which also count what reached no pod', () => {
  const world = new RouteWorld(theServices, admitted);
  const cluster = 'envoy_cluster_name=~"cds_egress_.+_podinfo-canary_shop_http_9898"';
  const metrics = appMesh.metrics(world, ref, 'canary');
  assert.equal(stringAt(metrics, 'requests'), `envoy_cluster_upstream_rq{${cluster}}`);
  assert.equal(stringAt(metrics, 'errors'), `envoy_cluster_upstream_rq{${cluster},envoy_response_code=~"5.."}`);
  // Of gRPC they would count failed calls as good ones.
  for (const appProtocol of ['tcp', 'grpc']) {
    const of = { ...ref, options: { appProtocol } };
    assert.equal(appMesh.metrics(world, of, 'canary'), null);
    assert.equal(appMesh.capabilities(world, of).perBackendMetrics, false);
  }
});

test('App Mesh is at its end, and says what comes after it', () => {
  const { eol, successor, warning = '' } = appMesh.capabilities(new RouteWorld([]), ref).lifecycle;
  assert.deepEqual([eol, successor], ['2026-09-30', 'gatewayapi']);
  assert.match(warning, /switched App Mesh off on 2026-09-30; want provider gatewayapi/);
});
