import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '#src/lib/json.ts';
import type { RequestMatch } from '#src/rollout/request-match.ts';
import { httpRoute } from '#src/traffic/httproute.ts';
import type { TrafficIntent } from '#src/traffic/router.ts';
import { twoWay } from '#src/traffic/split.ts';
import { aRequest } from '#test/contract/sample-request.ts';
import { aRouteInGit, gateway, routeRef } from '#test/traffic/a-route.ts';
import { routeTraffic } from '#test/traffic/httproute-plane.ts';
import { RouteWorld } from '#test/traffic/route-world.ts';

const ref = { ...routeRef, routeRef: { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', name: 'shop' } };
const root = { path: { type: 'PathPrefix', value: '/' } };
const header = (name: string, value = '1') => ({ on: 'header', name, op: 'exact', value }) as const;
const entry = (name: string, value = '1') => ({ type: 'Exact', name, value });
const lead = (name: string) => [{ name, port: 80 }];

const gatewayClass = (controllerName: string) => ({
  ...gateway,
  kind: 'GatewayClass',
  metadata: { name: 'traefik' },
  spec: { controllerName },
});

/** A route in Git of these rules, behind a plane that mirrors. */
const worldOf = (...rules: readonly JsonRecord[]): RouteWorld =>
  new RouteWorld([
    gateway,
    gatewayClass('istio.io/gateway-controller'),
    { ...aRouteInGit(), spec: { parentRefs: [{ name: 'edge', namespace: 'gateways' }], rules } },
  ]);

const set = (world: RouteWorld, extras: Pick<TrafficIntent, 'pinned' | 'mirror'>): void =>
  world.write(httpRoute.plan(world, ref, { split: twoWay(ref, 0), ...extras }).patches);

const betas = { matches: [{ ...root, headers: [entry('x-beta')] }], backendRefs: lead('beta') };
const ours = { matches: [root], backendRefs: lead('podinfo') };
const both = aRequest({ headers: { 'x-beta': '1', 'x-canary': '1' } });

test('a rule of somebody else keeps its requests from a pin that is as specific, wherever it stands', () => {
  for (const rules of [
    [betas, ours],
    [ours, betas],
  ]) {
    const world = worldOf(...rules);
    set(world, { pinned: [[header('x-canary')]] });
    assert.deepEqual(routeTraffic(world, both)[0]?.other, { beta: 100 });
    assert.equal(routeTraffic(world, aRequest({ headers: { 'x-canary': '1' } }))[0]?.canary, 100);
  }
});

test('what would take requests from a rule of somebody else is refused, with that rule', () => {
  const refused: readonly Pick<TrafficIntent, 'pinned' | 'mirror'>[] = [
    { pinned: [[header('x-canary'), header('x-group')]] },
    { mirror: 20 },
  ];
  for (const extras of refused) {
    assert.throws(
      () => set(worldOf(ours, betas), extras),
      /^RangeError: Cannot write the route: its rule 2 leads elsewhere and would lose requests of the same path/,
    );
  }
  // No request is a beta's and not a beta's at once.
  set(worldOf(ours, betas), { pinned: [[header('x-beta', '0'), header('x-group')]] });
  const elsewhere = { matches: [{ path: { type: 'PathPrefix', value: '/b' }, headers: [entry('x-beta')] }] };
  set(worldOf(ours, { ...elsewhere, backendRefs: lead('beta') }), { mirror: 20 });
  // Where one of ours went first already, nothing is lost.
  const first = { ...ours, matches: [{ ...root, method: 'GET' }, { path: elsewhere.matches[0]?.path }] };
  set(worldOf(first, betas), { mirror: 20, pinned: [[header('x-canary'), header('x-group')]] });
  const writes = { matches: [{ ...root, method: 'POST' }], backendRefs: lead('writer') };
  set(worldOf(ours, writes), { mirror: 20, pinned: [[header('x-canary'), header('x-group')]] });
});

test('a rule that tells safe methods already is copied in its place', () => {
  const reads = { name: 'reads', matches: [{ ...root, method: 'GET' }], backendRefs: lead('podinfo') };
  const others = { matches: [{ ...root, method: 'GET' }], backendRefs: lead('other') };
  const world = worldOf(reads, others);
  set(world, { mirror: 20 });
  assert.deepEqual(routeTraffic(world)[0], { primary: 100, canary: 0, other: {}, mirrored: 20 });
  assert.deepEqual(httpRoute.observe(world, ref), { split: twoWay(ref, 0), mirror: 20 });
  const behind = worldOf(others, reads);
  set(behind, { mirror: 20 });
  assert.deepEqual(routeTraffic(behind)[0]?.other, { other: 100 });
});

test('a rule to which Git leads no requests is not given any', () => {
  const idle = { matches: [root], backendRefs: [{ name: 'podinfo', port: 80, weight: 0 }, ...lead('legacy')] };
  const world = worldOf(idle);
  set(world, { pinned: [[header('x-canary')]], mirror: 20 });
  const now = routeTraffic(world, aRequest({ headers: { 'x-canary': '1' } }))[0];
  assert.deepEqual(now, { primary: 0, canary: 0, other: { legacy: 100 }, mirrored: 0 });
});

test('as many alternatives are taken as the API has rules for, beside a mirror', () => {
  const world = worldOf(ours, { ...ours, matches: [{ path: { type: 'PathPrefix', value: '/b' } }] });
  const { pinLimits } = httpRoute.capabilities(world, ref);
  assert.deepEqual(pinLimits, { matches: 6, conditions: 16 });
  const pinned = Array.from({ length: 6 }, (_, index): RequestMatch => [header(`x-${index}`)]);
  set(world, { pinned, mirror: 20 });
  assert.deepEqual(httpRoute.observe(world, ref), { split: twoWay(ref, 0), pinned, mirror: 20 });
  const crowded = Array.from({ length: 10 }, (_, index) => ({
    ...ours,
    matches: [{ path: { type: 'Exact', value: `/${index}` } }],
  }));
  assert.throws(() => set(worldOf(...crowded), { mirror: 20 }), /it would have 20 rules; want at most 16$/);
});

test('two conditions on one header, a name or a value that nobody can write, and no condition are refused', () => {
  const refusals: readonly (readonly [RequestMatch, RegExp])[] = [
    [[header('x-a'), { ...header('X-A'), op: 'regex' }], /compares header X-A once in a match/],
    [
      [
        { on: 'cookie', name: 'a', op: 'exact', value: '1' },
        { on: 'cookie', name: 'b', op: 'exact', value: '1' },
      ],
      /compares header cookie once in a match/,
    ],
    [[header('x a')], /want a name of letters, digits and hyphens/],
    [[header('x-a', '`) || Host(`b')], /a value without backticks/],
    [[], /has no condition; want one at least/],
  ];
  for (const [match, words] of refusals) assert.throws(() => set(worldOf(ours), { pinned: [match] }), words);
});

test('what stands for the canary alone and is nobody’s pin is told by all of its conditions', () => {
  const world = worldOf(ours);
  set(world, { pinned: [[header('x-canary')]] });
  const route = world.get({ ...ref.routeRef, namespace: 'shop' });
  assert.ok(route);
  const stray = {
    matches: [{ path: { type: 'Exact', value: '/gone' }, headers: [entry('x-stray')] }],
    backendRefs: lead('podinfo-canary'),
  };
  world.put({ ...route, spec: { rules: [ours, stray] } });
  assert.deepEqual(httpRoute.observe(world, ref)?.pinned, [[header('x-stray')]]);
  set(world, {});
  assert.equal(httpRoute.observe(world, ref)?.pinned, undefined);
});

test('a plane mirrors what its conformance reports say, and an unknown one nothing', () => {
  const mirror = (controllerName: string) =>
    httpRoute.capabilities(new RouteWorld([gateway, gatewayClass(controllerName)]), routeRef).mirror;
  assert.equal(mirror('gateway.envoyproxy.io/gatewayclass-controller'), 'percent');
  assert.equal(mirror('projectcontour.io/gateway-controller'), 'full');
  assert.equal(mirror('traefik.io/gateway-controller'), 'none');
  assert.equal(mirror('example.com/unknown'), 'none');
});
