import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isRecord, listAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { Condition } from '#src/rollout/request-match.ts';
import { intentOf, routesFor } from '#src/traffic/app-mesh/routes.ts';
import { twoWay } from '#src/traffic/split.ts';
import { routeRef } from '#test/traffic/a-route.ts';

const refWith = (match: readonly Readonly<Record<string, unknown>>[]) => ({
  ...routeRef,
  options: { match: [...match] },
});
const ref = refWith([
  { uri: { prefix: '/api' }, headers: { 'x-a': { regex: 'a|b' } } },
  { queryParams: { page: { exact: '1' } }, withoutHeaders: { cookie: { regex: '.*' } } },
]);

const router = (routes: readonly unknown[]): KubeObject => ({
  apiVersion: 'appmesh.k8s.aws/v1beta2',
  kind: 'VirtualRouter',
  metadata: { name: 'podinfo', namespace: 'shop' },
  spec: { routes },
});

test('every weight and pin is read as it was written, beside the matches of the Canary', () => {
  const words = fc.constantFrom('1', 'v1.2', 'a|b', '(?:x)', 'x.*', '^$', '[a;]', 'a\\.b');
  const ofHeader = fc.record({
    on: fc.constantFrom('header' as const, 'cookie' as const),
    name: fc.constantFrom('x-canary', 'cookie', 'page'),
    op: fc.constantFrom('exact' as const, 'prefix' as const, 'regex' as const),
    value: words,
  });
  const ofQuery = fc.record({
    on: fc.constant('query' as const),
    name: fc.constantFrom('page', 'q'),
    op: fc.constant('exact' as const),
    value: words,
  });
  const pins = fc.tuple(fc.array(ofHeader, { maxLength: 3 }), fc.array(ofQuery, { maxLength: 2 }));
  const plain = (pin: readonly Condition[]): readonly Condition[] => pin.map((condition) => ({ ...condition }));
  fc.assert(
    fc.property(fc.array(pins, { maxLength: 12 }), fc.integer({ min: 0, max: 100 }), (drawn, percent) => {
      const pinned = drawn.map(([headers, query]) => plain([...headers, ...query]));
      const routes = routesFor(ref, { percent, pinned, protocol: 'http' });
      const split = { split: twoWay(ref, percent) };
      assert.deepEqual(intentOf(router(routes), ref), pinned.length === 0 ? split : { ...split, pinned });
      const priorities = routes.map((route) => route['priority']);
      assert.equal(new Set(priorities).size, routes.length, 'no two routes have one priority');
    }),
  );
});

test('somebody else’s routes are read by the most exposed of them', () => {
  const target = (name: string, weight: number) => ({ virtualNodeRef: { name }, weight });
  const [split] = routesFor(refWith([]), { percent: 20, protocol: 'http' });
  assert.ok(isRecord(split));
  const other = {
    name: 'theirs',
    http2Route: { action: { weightedTargets: [target('podinfo-primary', 1), target('podinfo-canary', 1)] } },
  };
  const none = { name: 'none', tcpRoute: { action: { weightedTargets: [target('podinfo-canary', 0)] } } };
  assert.deepEqual(intentOf(router([split, other, none]), ref).split, twoWay(ref, 50));
  assert.deepEqual(intentOf(router([]), ref), { split: twoWay(ref, 0) });
});

test('the first route of the split has the apex’s name, and every entry of match has one', () => {
  const routes = routesFor(ref, { percent: 5, protocol: 'http' });
  assert.deepEqual(
    routes.map((route) => stringAt(route, 'name')),
    ['podinfo', 'podinfo-1'],
  );
  const weights = routes.map((route) =>
    listAt(route, 'httpRoute', 'action', 'weightedTargets').map((target) => isRecord(target) && target['weight']),
  );
  assert.deepEqual(weights, [
    [95, 5],
    [95, 5],
  ]);
});
