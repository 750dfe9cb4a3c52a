import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringAt } from '#src/lib/json.ts';
import type { Condition, RequestMatch } from '#src/rollout/request-match.ts';
import { ingressNginx } from '#src/traffic/ingress-nginx.ts';
import { twoWay } from '#src/traffic/split.ts';
import { aRequest } from '#test/contract/sample-request.ts';
import { anIngress, routeRef } from './a-route.ts';
import { ingressTraffic } from './ingress-nginx-plane.ts';
import { RouteWorld } from './route-world.ts';

const ref = {
  ...routeRef,
  gatewayRefs: [],
  ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'shop' },
};
const canaryRef = { ...ref.ingressRef, namespace: 'shop', name: 'shop-canary' };
const header = (value: string, op: Condition['op'] = 'exact'): Condition => ({
  on: 'header',
  name: 'x-canary',
  op,
  value,
});
const cookie = (value: string): Condition => ({ on: 'cookie', name: 'canary', op: 'exact', value });

const set = (world: RouteWorld, weight: number, pinned?: readonly RequestMatch[]): void => {
  const pins = pinned === undefined ? {} : { pinned };
  world.write(ingressNginx.plan(world, ref, { split: twoWay(ref, weight), ...pins }).patches);
};

test('pinned requests find the canary Ingress served at weight 0, and parked when the pins go', () => {
  const world = new RouteWorld([anIngress({})]);
  const served = (): string | undefined => stringAt(world.get(canaryRef), 'spec', 'ingressClassName');
  set(world, 0, [[header('insider')], [cookie('always')]]);
  assert.equal(served(), 'nginx');
  set(world, 0);
  assert.equal(served(), 'serin-parked');
  const left = Object.keys(world.get(canaryRef)?.metadata.annotations ?? {});
  assert.deepEqual(
    left.filter((key) => key.includes('canary-by')),
    [],
  );
});

test('a header with a value of its own does not know never, a cookie does', () => {
  const world = new RouteWorld([anIngress({})]);
  set(world, 30, [[header('insider')], [cookie('always')]]);
  const canary = (headers: Readonly<Record<string, string>>): number | undefined =>
    ingressTraffic(world, aRequest({ headers }))[0]?.canary;
  assert.equal(canary({ 'x-canary': 'never' }), 30);
  assert.equal(canary({ 'x-canary': 'always' }), 30);
  assert.equal(canary({ cookie: 'canary=never' }), 0);
});

test('pins that somebody else adds to the canary Ingress are seen, and do not stand as intended', () => {
  const world = new RouteWorld([anIngress({})]);
  set(world, 10);
  const canary = world.get(canaryRef);
  assert.ok(canary);
  const annotations = { ...canary.metadata.annotations, 'nginx.ingress.kubernetes.io/canary-by-header': 'x-any' };
  world.put({ ...canary, metadata: { ...canary.metadata, annotations } });
  assert.deepEqual(ingressNginx.observe(world, ref)?.pinned, [[{ ...header('always'), name: 'x-any' }]]);
  assert.equal(ingressNginx.plan(world, ref, { split: twoWay(ref, 10) }).patches.length, 1);
});

test('what the annotations cannot say is refused with what they can', () => {
  const refusals: readonly (readonly [readonly RequestMatch[], RegExp])[] = [
    [[[header('a')], [header('b')]], /takes one header to tell requests by; want one alternative of headers$/],
    [[[cookie('always')], [cookie('always')]], /takes one cookie to tell requests by; want one alternative/],
    [[[cookie('beta')]], /knows no value of a cookie but always, not "beta"; want always$/],
    [[[header('')]], /does not take "" in an annotation; want letters, digits and -\._~\/:$/],
    [[[header('a,b')]], /does not take "a,b" in an annotation/],
    [
      [[header('a b', 'regex')]],
      /does not take "\^\(\?:a b\)\$" in an annotation; want letters, .* a regular expression$/,
    ],
    [[[]], /takes no match without a condition; want one$/],
  ];
  for (const [pinned, words] of refusals) {
    assert.throws(() => set(new RouteWorld([anIngress({})]), 0, pinned), words);
  }
});

test('clients with an affinity cookie cannot be pinned', () => {
  assert.throws(
    () => set(new RouteWorld([anIngress()]), 0, [[header('insider')]]),
    /^RangeError: Cannot write the route: ingress-nginx with session affinity cannot match requests by headers; want no match$/,
  );
});
