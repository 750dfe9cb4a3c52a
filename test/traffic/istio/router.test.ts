import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, listAt, recordAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { istio } from '#src/traffic/istio.ts';
import type { RouteRef, TrafficIntent } from '#src/traffic/router.ts';
import { twoWay } from '#src/traffic/split.ts';
import { RouteWorld } from '../route-world.ts';
import { aDestinationRule, adoptingRef, aVirtualService, edgeGateway, istioRef } from './an-istio.ts';

const write = (
  world: RouteWorld,
  ref: RouteRef,
  { percent = 0, ...more }: Partial<TrafficIntent> & { percent?: number },
) => world.write(istio.plan(world, ref, { split: twoWay(ref, percent), ...more }).patches);

const routeOf = (world: RouteWorld): KubeObject => {
  const found = world.all().find(({ kind }) => kind === 'VirtualService');
  assert.ok(found);
  return found;
};

const specOf = (world: RouteWorld, kind: string, name: string): unknown =>
  world.get({ apiVersion: 'networking.istio.io/v1', kind, namespace: 'shop', name })?.['spec'];

test('what is made for a side carries the traffic policy, and only what holds weights is held', () => {
  const world = new RouteWorld([edgeGateway]);
  write(world, { ...istioRef, options: { trafficPolicy: { tls: { mode: 'DISABLE' } } } }, {});
  assert.deepEqual(specOf(world, 'DestinationRule', 'podinfo-canary'), {
    host: 'podinfo-canary',
    trafficPolicy: { tls: { mode: 'DISABLE' } },
  });
  const held = world.all().filter(({ metadata }) => metadata.labels?.['serin.dev/held'] === 'true');
  assert.deepEqual(
    held.map(({ kind }) => kind),
    ['VirtualService'],
  );
});

test('options that are no longer wanted go, and what others add beside ours stays', () => {
  const world = new RouteWorld([edgeGateway]);
  const options = { timeout: '5s', trafficPolicy: { tls: { mode: 'DISABLE' } } };
  write(world, { ...istioRef, options }, {});
  const found = routeOf(world);
  world.put({ ...found, spec: { ...recordAt(found, 'spec'), exportTo: ['.'] } });
  assert.deepEqual(istio.plan(world, { ...istioRef, options }, { split: twoWay(istioRef, 0) }).patches, []);
  write(world, { ...istioRef, options: {} }, {});
  const spec = specOf(world, 'VirtualService', 'podinfo');
  assert.deepEqual(at(spec, 'exportTo'), ['.']);
  assert.equal(at(spec, 'http', 0, 'timeout'), undefined);
  assert.deepEqual(at(spec, 'gateways'), ['mesh']);
  assert.deepEqual(specOf(world, 'DestinationRule', 'podinfo-primary'), { host: 'podinfo-primary' });
});

test('the apex is a host once, however it is written', () => {
  const hostsFor = (hosts: readonly string[]): unknown => {
    const world = new RouteWorld([edgeGateway]);
    write(world, { ...istioRef, hosts }, {});
    return at(specOf(world, 'VirtualService', 'podinfo'), 'hosts');
  };
  assert.deepEqual(hostsFor([]), ['podinfo']);
  assert.deepEqual(hostsFor(['a.example.com']), ['a.example.com', 'podinfo']);
  for (const host of ['podinfo', 'podinfo.shop', 'podinfo.shop.svc.cluster.local', '*']) {
    assert.deepEqual(hostsFor([host]), [host]);
  }
});

test('durations of no time are none, and a path is replaced whole where that is asked', () => {
  const world = new RouteWorld([edgeGateway]);
  const options = {
    timeout: '0s',
    retries: { attempts: 1, perTryTimeout: '0s' },
    corsPolicy: { maxAge: '0s' },
    rewrite: { uri: '/a\\1', type: 'ReplaceFullPath' as const },
  };
  write(world, { ...istioRef, options }, {});
  const route = at(specOf(world, 'VirtualService', 'podinfo'), 'http', 0);
  assert.equal(at(route, 'timeout'), undefined);
  assert.deepEqual(at(route, 'retries'), { attempts: 1 });
  assert.deepEqual(at(route, 'corsPolicy'), {});
  assert.deepEqual(at(route, 'rewrite'), { uriRegexRewrite: { match: '^.*$', rewrite: '/a\\\\1' } });
});

test('the sides get the traffic policy of the apex host, and its changes', () => {
  const policy = { tls: { mode: 'DISABLE' } };
  const rule = aDestinationRule('podinfo', { host: 'podinfo', trafficPolicy: policy, exportTo: ['.'] });
  const world = new RouteWorld([rule, aVirtualService({ http: [{ route: [{ destination: { host: 'podinfo' } }] }] })]);
  write(world, adoptingRef, { percent: 5 });
  const copied = { host: 'podinfo-canary', trafficPolicy: policy, exportTo: ['.'] };
  assert.deepEqual(specOf(world, 'DestinationRule', 'podinfo-canary'), copied);
  world.put(aDestinationRule('podinfo', { host: 'podinfo' }));
  write(world, adoptingRef, { percent: 5 });
  assert.deepEqual(specOf(world, 'DestinationRule', 'podinfo-canary'), { host: 'podinfo-canary' });
});

test('a host without a DestinationRule needs none for the sides', () => {
  const world = new RouteWorld([aVirtualService({ http: [{ route: [{ destination: { host: 'podinfo' } }] }] })]);
  write(world, adoptingRef, { percent: 5 });
  assert.deepEqual(
    world.all().map(({ kind }) => kind),
    ['VirtualService'],
  );
});

test('the adopted one is written in one guarded patch of its lists alone', () => {
  const http = [{ route: [{ destination: { host: 'podinfo' } }] }];
  const world = new RouteWorld([aVirtualService({ http, tcp: [{ route: [{ destination: { host: 'other' } }] }] })]);
  const [patch, ...more] = istio.plan(world, adoptingRef, { split: twoWay(adoptingRef, 5), stamp: 's' }).patches;
  assert.deepEqual(more, []);
  assert.ok(patch?.type === 'merge');
  assert.equal(patch.resourceVersion, routeOf(world).metadata.resourceVersion);
  assert.deepEqual(Object.keys(recordAt(patch.patch, 'spec')), ['http']);
});

test('after Git has changed a route, release gives back the apex with the share it has', () => {
  const world = new RouteWorld([aVirtualService({ http: [{ route: [{ destination: { host: 'podinfo' } }] }] })]);
  write(world, adoptingRef, { percent: 5 });
  const found = routeOf(world);
  const http = listAt(found, 'spec', 'http').map((route) => ({ ...recordAt(route), timeout: '1s' }));
  world.put({ ...found, spec: { ...recordAt(found, 'spec'), http } });
  write(world, adoptingRef, { percent: 10 });
  world.write(istio.release(world, adoptingRef).patches);
  assert.deepEqual(at(specOf(world, 'VirtualService', 'shop'), 'http'), [
    { route: [{ destination: { host: 'podinfo' }, weight: 100 }], timeout: '1s' },
  ]);
});

test('sides that Git names itself stay, and the primary has everything, where Git has changed the route', () => {
  const route = [
    { destination: { host: 'podinfo-primary' }, weight: 100 },
    { destination: { host: 'podinfo-canary' }, weight: 0 },
  ];
  const world = new RouteWorld([aVirtualService({ http: [{ route }] })]);
  write(world, adoptingRef, { percent: 5 });
  const found = routeOf(world);
  world.put({ ...found, spec: { ...recordAt(found, 'spec'), http: [{ timeout: '1s', route }] } });
  write(world, adoptingRef, { percent: 40 });
  world.write(istio.release(world, adoptingRef).patches);
  assert.deepEqual(at(specOf(world, 'VirtualService', 'shop'), 'http'), [{ timeout: '1s', route }]);
});

test('routes that say the same of other destinations are told apart', () => {
  const tcp = [
    { route: [{ destination: { host: 'podinfo' } }] },
    { route: [{ destination: { host: 'podinfo' }, weight: 7 }] },
  ];
  const world = new RouteWorld([aVirtualService({ tcp })]);
  write(world, adoptingRef, { percent: 5 });
  world.write(istio.release(world, adoptingRef).patches);
  assert.deepEqual(at(specOf(world, 'VirtualService', 'shop'), 'tcp'), tcp);
});

test('pins that no request can fit are refused', () => {
  const match = [{ headers: { 'x-group': { exact: 'alpha' } } }];
  const world = new RouteWorld([aVirtualService({ http: [{ match, route: [{ destination: { host: 'podinfo' } }] }] })]);
  const pinned: TrafficIntent['pinned'] = [[{ on: 'header', name: 'x-group', op: 'exact', value: 'beta' }]];
  assert.throws(
    () => write(world, adoptingRef, { pinned }),
    /^RangeError: Cannot write the route: no request fits the pin by header x-group, .*; want a value that it takes$/,
  );
});

test('a mirror of which no request is safe is refused', () => {
  const match = [{ method: { exact: 'POST' } }];
  const world = new RouteWorld([aVirtualService({ http: [{ match, route: [{ destination: { host: 'podinfo' } }] }] })]);
  assert.throws(
    () => write(world, adoptingRef, { mirror: 10 }),
    /^RangeError: Cannot write the route: it takes no GET, HEAD, OPTIONS, and nothing else is mirrored; want weights$/,
  );
});

test('who else has written the routes is told', () => {
  const world = new RouteWorld([edgeGateway]);
  write(world, istioRef, { percent: 5 });
  const found = routeOf(world);
  const wrote = (manager: string, field: string) => ({
    manager,
    time: '2026-11-27T09:00:00Z',
    fieldsV1: { 'f:spec': { [field]: {} } },
  });
  const managedBy = (...managedFields: readonly ReturnType<typeof wrote>[]): string | undefined => {
    world.put({ ...found, metadata: { ...found.metadata, managedFields } });
    return istio.foreignManager(world, istioRef);
  };
  assert.equal(managedBy(wrote('kubectl-edit', 'f:http')), 'kubectl-edit');
  assert.equal(managedBy(wrote('serin', 'f:http'), wrote('kubectl-edit', 'f:hosts')), undefined);
});

test('counters are those of the source, by the Services of the sides', () => {
  const labels = 'reporter="source",destination_service_name="podinfo-canary",destination_service_namespace="shop"';
  assert.deepEqual(istio.metrics(new RouteWorld([]), istioRef, 'canary'), {
    requests: `istio_requests_total{${labels}}`,
    errors: `istio_requests_total{${labels},response_code=~"5..|0"}`,
    durationBuckets: { selector: `istio_request_duration_milliseconds_bucket{${labels}}`, unit: 'ms' },
  });
  const grpc = istio.metrics(new RouteWorld([]), { ...istioRef, options: { appProtocol: 'grpc' } }, 'canary');
  assert.match(stringAt(grpc, 'errors') ?? '', /,grpc_response_status=~"2\|4\|12\|13\|14\|15"}$/);
  assert.equal(istio.metrics(new RouteWorld([]), { ...istioRef, options: { appProtocol: 'tcp' } }, 'canary'), null);
  assert.equal(istio.metrics(new RouteWorld([]), adoptingRef, 'canary'), 'later');
});

test('a canary that gets only copies is counted by its own proxies', () => {
  const world = new RouteWorld([edgeGateway]);
  const requests = (): readonly (string | undefined)[] =>
    (['primary', 'canary'] as const).map((side) => stringAt(istio.metrics(world, istioRef, side), 'requests'));
  const ofSource = requests();
  write(world, istioRef, { mirror: 10 });
  assert.deepEqual(requests(), [
    ofSource[0],
    'istio_requests_total{reporter="destination",destination_workload="podinfo-canary",destination_workload_namespace="shop"}',
  ]);
  write(world, istioRef, { mirror: 10, percent: 5 });
  assert.deepEqual(requests(), ofSource);
});

test('subsets of one host are told apart by their workloads', () => {
  const subsets = ['primary', 'canary'].map((name) => ({ name, labels: { 'serin.dev/role': name } }));
  const route = subsets.map(({ name }, index) => ({
    destination: { host: 'all', subset: name },
    weight: 100 - index * 100,
  }));
  const world = new RouteWorld([
    aDestinationRule('all', { host: 'all', subsets }),
    aVirtualService({ http: [{ route }] }),
  ]);
  assert.equal(
    stringAt(istio.metrics(world, adoptingRef, 'primary'), 'requests'),
    'istio_requests_total{reporter="source",destination_workload="podinfo-primary",destination_workload_namespace="shop"}',
  );
});
