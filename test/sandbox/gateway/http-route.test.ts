import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordAt, stringAt } from '#src/lib/json.ts';
import { service, user } from '../workloads/workload-world.ts';
import { backend, GATEWAY, gatewayWorld, httpRoute } from './gateway-world.ts';

test('weights split requests exactly', async () => {
  const world = await gatewayWorld();
  await world.write(httpRoute([{ backendRefs: [backend('one', 95), backend('two', 5)] }]));
  assert.deepEqual(await world.tally(200), { '1': 190, '2': 10 });
  await world.write(httpRoute([{ backendRefs: [backend('one', 100), backend('two', 0)] }]));
  assert.deepEqual(await world.tally(50), { '1': 50 });
});

test('an invalid backendRef answers its share with 500, one without endpoints with 503', async () => {
  const world = await gatewayWorld();
  await world.write(httpRoute([{ backendRefs: [backend('one', 3), backend('gone', 1)] }]));
  assert.deepEqual(await world.tally(40), { '1': 30, '500': 10 });
  assert.equal(world.told('Accepted'), 'True Accepted @1');
  assert.equal(world.told('ResolvedRefs'), 'False BackendNotFound @1');

  await world.write(httpRoute([{ backendRefs: [backend('one', 3), backend('two', 1)] }]));
  assert.equal(world.told('ResolvedRefs'), 'True ResolvedRefs @2');
  await world.scale('two', 0);
  assert.deepEqual(await world.tally(40), { '1': 30, '503': 10 });
});

test('a route without any backend answers 500, an unknown host 404', async () => {
  const world = await gatewayWorld();
  await world.write(httpRoute([{ backendRefs: [backend('one', 0)] }]));
  assert.deepEqual(await world.tally(1), { '500': 1 });
  assert.deepEqual(await world.tally(1, { host: 'other.example.com' }), { '404': 1 });
});

test('the most specific match wins, whatever its place', async () => {
  const world = await gatewayWorld();
  const one = { backendRefs: [backend('one')] };
  const two = { backendRefs: [backend('two')] };
  await world.write(
    httpRoute([
      { ...one, matches: [{ path: { type: 'PathPrefix', value: '/' } }] },
      { ...two, matches: [{ path: { type: 'PathPrefix', value: '/deep/' } }] },
      { ...one, matches: [{ path: { type: 'Exact', value: '/deep/exact' } }] },
      { ...two, matches: [{ headers: [{ name: 'X-Canary', value: 'yes' }] }] },
      { ...two, matches: [{ path: { type: 'PathPrefix', value: '/' }, queryParams: [{ name: 'v', value: '2' }] }] },
      { ...two, matches: [{ method: 'DELETE' }] },
      { ...two, matches: [{ headers: [{ name: 'cookie', type: 'RegularExpression', value: '.*side=two.*' }] }] },
    ]),
  );
  const answers = async (changes: Parameters<typeof world.tally>[1]) => Object.keys(await world.tally(1, changes))[0];
  assert.equal(await answers({}), '1');
  assert.equal(await answers({ path: '/deep' }), '2');
  assert.equal(await answers({ path: '/deeper' }), '1');
  assert.equal(await answers({ path: '/deep/exact' }), '1');
  assert.equal(await answers({ path: '/deep/exact/more' }), '2');
  assert.equal(await answers({ headers: { 'x-canary': 'yes' } }), '2');
  assert.equal(await answers({ headers: { 'x-canary': 'no' } }), '1');
  assert.equal(await answers({ path: '/?v=2' }), '2');
  assert.equal(await answers({ path: '/?v=3' }), '1');
  assert.equal(await answers({ method: 'DELETE' }), '2');
  assert.equal(await answers({ headers: { cookie: 'a=b; side=two' } }), '2');
});

test('an exact hostname goes before a wildcard, and that before none', async () => {
  const world = await gatewayWorld();
  await world.write(
    httpRoute([{ backendRefs: [backend('gone')] }], { name: 'any', hostnames: [] }),
    httpRoute([{ backendRefs: [backend('two')] }], { name: 'wild', hostnames: ['*.example.com'] }),
    httpRoute([{ backendRefs: [backend('one')] }], { name: 'exact' }),
  );
  assert.deepEqual(await world.tally(1), { '1': 1 });
  assert.deepEqual(await world.tally(1, { host: 'b.example.com' }), { '2': 1 });
  assert.deepEqual(await world.tally(1, { host: 'b.example.org' }), { '500': 1 });
});

test('a change is in the status after 17 ms and in the traffic after 128 ms', async () => {
  const world = await gatewayWorld();
  await world.write(httpRoute([{ backendRefs: [backend('one')] }]));
  const route = world.route();
  assert.ok(route);
  world.backend.write(
    { ...route, spec: { ...recordAt(route, 'spec'), rules: [{ backendRefs: [backend('two')] }] } },
    user,
  );
  await world.clock.advance(16);
  assert.equal(world.told('Accepted'), 'True Accepted @1');
  await world.clock.advance(1);
  assert.equal(world.told('Accepted'), 'True Accepted @2');
  assert.deepEqual(await world.tally(1), { '1': 1 });
  await world.clock.advance(110);
  assert.deepEqual(await world.tally(1), { '1': 1 });
  await world.clock.advance(1);
  assert.deepEqual(await world.tally(1), { '2': 1 });
});

test('a backend in another namespace needs a ReferenceGrant', async () => {
  const world = await gatewayWorld();
  const grant = {
    apiVersion: 'gateway.networking.k8s.io/v1beta1',
    kind: 'ReferenceGrant',
    metadata: { name: 'from-edge', namespace: 'shop' },
    spec: {
      from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'default' }],
      to: [{ group: '', kind: 'Service' }],
    },
  };
  const route = httpRoute([{ backendRefs: [backend('one', 1, { namespace: 'shop' })] }], {
    parentRefs: [{ name: 'edge', namespace: 'shop' }],
  });
  const gateway = {
    ...GATEWAY,
    spec: {
      gatewayClassName: 'traefik',
      listeners: [{ name: 'web', protocol: 'HTTP', port: 8000, allowedRoutes: { namespaces: { from: 'All' } } }],
    },
  };
  const foreign = { ...route, metadata: { name: 'app', namespace: 'default' } };
  const from = [{ group: 'gateway.networking.k8s.io', kind: 'GRPCRoute', namespace: 'default' }];
  await world.write(gateway, foreign, { ...grant, spec: { ...grant.spec, from } });
  const resolved = () => {
    const ref = { apiVersion: route.apiVersion, kind: 'HTTPRoute', namespace: 'default', name: 'app' };
    return JSON.stringify(world.backend.read(ref)?.['status']);
  };
  assert.match(resolved(), /RefNotPermitted/);
  assert.deepEqual(await world.tally(1), { '500': 1 });
  await world.write(grant);
  assert.doesNotMatch(resolved(), /RefNotPermitted/);
  assert.deepEqual(await world.tally(1), { '1': 1 });
});

const refusals: readonly { readonly name: string; readonly spec: Record<string, unknown>; readonly reason: string }[] =
  [
    {
      name: 'a section that no listener has',
      spec: { parentRefs: [{ name: 'edge', sectionName: 'tls' }] },
      reason: 'NoMatchingParent',
    },
    {
      name: 'a port that no listener has',
      spec: { parentRefs: [{ name: 'edge', port: 9 }] },
      reason: 'NoMatchingParent',
    },
    {
      name: 'a hostname that no listener has',
      spec: { hostnames: ['a.example.org'] },
      reason: 'NoMatchingListenerHostname',
    },
    {
      name: 'a filter that Traefik does not have',
      spec: { rules: [{ filters: [{ type: 'RequestMirror' }], backendRefs: [] }] },
      reason: 'UnsupportedValue',
    },
    {
      name: 'a filter of a backend that changes more than headers',
      spec: { rules: [{ backendRefs: [{ name: 'one', port: 80, filters: [{ type: 'URLRewrite' }] }] }] },
      reason: 'UnsupportedValue',
    },
    {
      name: 'a regular expression for the path',
      spec: { rules: [{ matches: [{ path: { type: 'RegularExpression', value: '/a.*' } }], backendRefs: [] }] },
      reason: 'UnsupportedValue',
    },
  ];
for (const { name, spec, reason } of refusals) {
  test(`${name} is refused with ${reason} and gets no traffic`, async () => {
    const world = await gatewayWorld();
    const listeners = [{ name: 'web', protocol: 'HTTP', port: 8000, hostname: '*.example.com' }];
    const gateway = { ...GATEWAY, spec: { gatewayClassName: 'traefik', listeners } };
    await world.write(gateway, httpRoute([{ backendRefs: [backend('one')] }], spec));
    assert.equal(world.told('Accepted'), `False ${reason} @1`);
    assert.deepEqual(await world.tally(1), { '404': 1 });
  });
}

test('a route from a namespace that the listener does not allow is refused', async () => {
  const world = await gatewayWorld();
  const route = httpRoute([{ backendRefs: [backend('one')] }], { parentRefs: [{ name: 'edge', namespace: 'shop' }] });
  await world.write({ ...route, metadata: { name: 'app', namespace: 'default' } });
  const ref = { apiVersion: route.apiVersion, kind: 'HTTPRoute', namespace: 'default', name: 'app' };
  assert.match(
    JSON.stringify(world.backend.read(ref)?.['status']),
    /"status":"False","reason":"NotAllowedByListeners"/,
  );
  assert.deepEqual(await world.tally(1), { '404': 1 });
});

test('a Gateway is Programmed after its delay and counts its routes; one of another class is left alone', async () => {
  const world = await gatewayWorld({ programmedMs: 300 });
  const foreign = {
    ...GATEWAY,
    metadata: { name: 'other', namespace: 'shop' },
    spec: { gatewayClassName: 'cilium', listeners: [] },
  };
  await world.write(httpRoute([{ backendRefs: [backend('one')] }]), foreign);
  const status = (name: string) =>
    recordAt(
      world.backend.read({ ...{ apiVersion: GATEWAY.apiVersion, kind: 'Gateway' }, namespace: 'shop', name }),
      'status',
    );
  const conditions = JSON.stringify(status('edge')['conditions']);
  assert.match(conditions, /"type":"Programmed","status":"True","reason":"Programmed"/);
  assert.match(JSON.stringify(status('edge')['listeners']), /"attachedRoutes":1/);
  assert.deepEqual(status('other'), {});

  await world.write(httpRoute([{ backendRefs: [backend('one')] }], { parentRefs: [{ name: 'other' }] }));
  assert.deepEqual(await world.tally(1), { '404': 1 });
  assert.deepEqual(recordAt(world.route(), 'status')['parents'], []);
});

test('statuses of other controllers stay', async () => {
  const world = await gatewayWorld();
  const foreign = { parentRef: { name: 'mesh' }, controllerName: 'linkerd.io/policy-controller', conditions: [] };
  await world.write(httpRoute([{ backendRefs: [backend('one')] }]));
  const route = world.route();
  assert.ok(route);
  const ref = { apiVersion: route.apiVersion, kind: route.kind, namespace: 'shop', name: 'app' };
  world.backend.writeStatus(ref, { parents: [foreign] }, { manager: 'linkerd' });
  await world.write(httpRoute([{ backendRefs: [backend('two')] }]));
  const parents = recordAt(world.route(), 'status')['parents'];
  assert.ok(Array.isArray(parents));
  assert.equal(parents.length, 2);
  assert.deepEqual(parents[0], foreign);
});

test('Traefik counts what it sent to a backend, under the name of route, rule and service', async () => {
  const world = await gatewayWorld();
  await world.write(httpRoute([{ backendRefs: [backend('one', 1), backend('two', 1), backend('gone', 1)] }]));
  world.catalogue.publish('shop/app:2', { errorRate: 1, latencyMs: 200 });
  const answers: Promise<unknown>[] = [];
  for (let i = 0; i < 30; i++) answers.push(world.request());
  await world.clock.advance(500);
  await Promise.all(answers);
  const text = world.gateway.metrics();
  const count = (pattern: RegExp) => Number(pattern.exec(text)?.[1]);
  const service = (name: string) =>
    `service="httproute-shop-app-gw-shop-edge-ep-web-0-[0-9a-f]{20}-svc-shop-${name}@kubernetesgateway"`;
  assert.equal(
    count(
      new RegExp(`traefik_service_requests_total{code="200",method="GET",protocol="http",${service('one-0')}} (\\d+)`),
    ),
    10,
  );
  assert.equal(
    count(
      new RegExp(`traefik_service_requests_total{code="500",method="GET",protocol="http",${service('two-1')}} (\\d+)`),
    ),
    10,
  );
  assert.doesNotMatch(text, /-svc-shop-gone-/);
  const buckets = (le: string) =>
    count(new RegExp(`duration_seconds_bucket{code="500",[^}]*${service('two-1')},le="${le}"} (\\d+)`));
  assert.deepEqual([buckets('0.1'), buckets('0.3'), buckets('\\+Inf')], [0, 10, 10]);
  assert.equal(Math.round(count(new RegExp(`duration_seconds_sum{code="500",[^}]*${service('two-1')}} ([\\d.]+)`))), 2);
});

test('a Service that comes after its route gets its share from then on', async () => {
  const world = await gatewayWorld();
  await world.write(httpRoute([{ backendRefs: [backend('late')] }]));
  assert.deepEqual(await world.tally(1), { '500': 1 });
  await world.write(service('late', { selector: { app: 'two' } }));
  assert.deepEqual(await world.tally(1), { '2': 1 });
  assert.equal(world.told('ResolvedRefs'), 'True ResolvedRefs @1');
});

test('requests of one Service go to its pods in turn', async () => {
  const world = await gatewayWorld();
  await world.write(httpRoute([{ backendRefs: [backend('one')] }]));
  await world.tally(10);
  const counts = world.pods({ app: 'one' }).map(async (pod) => {
    const target = { address: stringAt(pod, 'status', 'podIP') ?? '', port: 8080 };
    const { body } = await world.network.send(target, { method: 'GET', host: 'pod', path: '/metrics', headers: {} });
    return /http_requests_total{code="200"} (\d+)/.exec(body)?.[1];
  });
  assert.deepEqual(await Promise.all(counts), ['5', '5']);
});

test('a status alone does not start the split anew', async () => {
  const world = await gatewayWorld();
  await world.write(httpRoute([{ backendRefs: [backend('one'), backend('two')] }]));
  assert.deepEqual(await world.tally(1), { '1': 1 });
  const ref = { apiVersion: GATEWAY.apiVersion, kind: 'HTTPRoute', namespace: 'shop', name: 'app' };
  world.backend.writeStatus(ref, { parents: [] }, { manager: 'other' });
  await world.clock.advance(500);
  assert.deepEqual(await world.tally(1), { '2': 1 });
});

test('a GatewayClass of ours is accepted, and a Gateway counts a route that comes later', async () => {
  const world = await gatewayWorld();
  const read = (kind: string, name: string, namespace?: string) => {
    const place = namespace === undefined ? { name } : { namespace, name };
    return recordAt(world.backend.read({ apiVersion: GATEWAY.apiVersion, kind, ...place }), 'status');
  };
  assert.match(JSON.stringify(read('GatewayClass', 'traefik')), /"type":"Accepted","status":"True"/);
  assert.match(JSON.stringify(read('Gateway', 'edge', 'shop')), /"attachedRoutes":0/);
  await world.write(httpRoute([{ backendRefs: [backend('one')] }]));
  assert.match(JSON.stringify(read('Gateway', 'edge', 'shop')), /"attachedRoutes":1/);
  const mesh = { name: 'mesh', parentRefs: [{ group: '', kind: 'Service', name: 'one' }] };
  await world.write(httpRoute([{ backendRefs: [backend('one')] }], mesh));
  assert.deepEqual(read('HTTPRoute', 'mesh', 'shop'), {});
});
