import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRecord, type JsonRecord, listAt, recordAt } from '#src/lib/json.ts';
import type { Affinity } from '#src/rollout/exposure.ts';
import { withCookie, withoutCookie } from '#src/traffic/httproute/backend-cookie.ts';
import { httpRoute } from '#src/traffic/httproute.ts';
import { setCookie } from '#src/traffic/set-cookie.ts';
import { twoWay } from '#src/traffic/split.ts';
import { aRouteInGit, gateway, routeRef } from '#test/traffic/a-route.ts';
import { routesOf } from '#test/traffic/httproute-plane.ts';
import { RouteWorld } from '#test/traffic/route-world.ts';

const ref = { ...routeRef, routeRef: { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', name: 'shop' } };
const classOf = {
  ...gateway,
  kind: 'GatewayClass',
  metadata: { name: 'traefik' },
  spec: { controllerName: 'traefik.io/gateway-controller' },
};
const affinity: Affinity = {
  canary: { name: 'side', value: '0123456789' },
  primary: { name: 'side-primary', value: '0123456789-10' },
  redraw: { cookie: { name: 'side-primary', value: '0123456789-5' }, canaryWeight: 5.26 },
  attributes: { maxAge: 60 },
};
const cookie = setCookie(affinity.canary, affinity.attributes);

const worldOf = (...rules: readonly JsonRecord[]): RouteWorld =>
  new RouteWorld([
    gateway,
    classOf,
    { ...aRouteInGit(), spec: { parentRefs: [{ name: 'edge', namespace: 'gateways' }], rules } },
  ]);
const planned = (world: RouteWorld, weight = 10) =>
  httpRoute.plan(world, ref, { split: twoWay(ref, weight), ...(weight === 0 ? {} : { affinity }) });

const matches = [{ path: { type: 'PathPrefix', value: '/' } }];
const modifier = (fields: JsonRecord) => ({ type: 'ResponseHeaderModifier', responseHeaderModifier: fields });
const ours = (fields: JsonRecord = {}) => ({ matches, backendRefs: [{ name: 'podinfo', port: 80, ...fields }] });

test('a cookie goes among the headers that a backend changes already, and away from them again', () => {
  const by = { name: 'x-by', value: 'shop' };
  for (const filters of [
    undefined,
    [modifier({ add: [by] })],
    [modifier({ set: [by] })],
    [{ type: 'RequestHeaderModifier', requestHeaderModifier: { set: [by] } }, modifier({ remove: ['server'] })],
  ]) {
    const backend: JsonRecord = { name: 'podinfo-canary', port: 80, ...(filters === undefined ? {} : { filters }) };
    const given = withCookie(backend, cookie);
    const modifiers = listAt(given, 'filters').filter(
      (filter) => recordAt(filter)['type'] === 'ResponseHeaderModifier',
    );
    assert.equal(modifiers.length, 1);
    assert.deepEqual(listAt(modifiers[0], 'responseHeaderModifier', 'add').at(-1), {
      name: 'Set-Cookie',
      value: cookie,
    });
    assert.deepEqual(withoutCookie(given), backend);
  }
});

test("somebody's own cookie stays", () => {
  const own = {
    name: 'podinfo-canary',
    filters: [modifier({ add: [{ name: 'Set-Cookie', value: 'lang=en; Path=/' }] })],
  };
  assert.deepEqual(withoutCookie(own), own);
});

test('a filter that changes Set-Cookie is in the way, wherever it stands', () => {
  const header = { name: 'set-cookie', value: 'lang=en' };
  for (const filters of [
    [modifier({ set: [header] })],
    [modifier({ add: [header] })],
    [modifier({ remove: ['Set-Cookie'] })],
  ]) {
    for (const rule of [ours({ filters }), { ...ours(), filters }]) {
      assert.throws(
        () => planned(worldOf(rule)),
        /^RangeError: Cannot write the route: a filter of it changes Set-Cookie, .*; want that filter away$/,
      );
      assert.doesNotThrow(() => planned(worldOf(rule), 0));
    }
  }
});

test('a rule that tells requests by their cookies already is in the way', () => {
  const headers = [{ type: 'RegularExpression', name: 'Cookie', value: '.*lang=en.*' }];
  const rule = { ...ours(), matches: [{ ...matches[0], headers }] };
  assert.throws(
    () => planned(worldOf(rule)),
    /the API compares header cookie once in a match, and it is compared there already/,
  );
});

test('cookies that somebody has left behind go with the next write', () => {
  const world = worldOf(ours());
  world.write(planned(world).patches);
  const [route] = routesOf(world);
  assert.ok(route);
  const [base] = listAt(route, 'spec', 'rules').filter(isRecord);
  world.put({ ...route, spec: { ...recordAt(route, 'spec'), rules: [base] } });
  assert.deepEqual(httpRoute.observe(world, ref), { split: twoWay(ref, 10) });
  world.write(planned(world).patches);
  assert.deepEqual(httpRoute.observe(world, ref), { split: twoWay(ref, 10), affinity });
  world.put({ ...route, spec: { ...recordAt(route, 'spec'), rules: [base] } });
  world.write(planned(world, 0).patches);
  assert.equal(JSON.stringify(routesOf(world)).includes('Set-Cookie'), false);
});

test('weights that leave no room for hundredths of a percent are told', () => {
  const backendRefs = [
    { name: 'legacy', port: 80, weight: 999_983 },
    { name: 'podinfo', port: 80, weight: 7 },
  ];
  assert.throws(
    () => planned(worldOf({ matches, backendRefs })),
    /its weights are too large for a share of 5\.26 %; want weights up to 100$/,
  );
});
