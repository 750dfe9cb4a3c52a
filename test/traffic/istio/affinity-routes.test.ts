import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonRecord, listAt, recordAt } from '#src/lib/json.ts';
import type { Affinity } from '#src/rollout/exposure.ts';
import { istio } from '#src/traffic/istio.ts';
import { twoWay } from '#src/traffic/split.ts';
import { RouteWorld } from '../route-world.ts';
import { admitIstio, aVirtualService, adoptingRef as ref } from './an-istio.ts';

const affinity: Affinity = {
  canary: { name: 'side', value: '0123456789' },
  primary: { name: 'side-primary', value: '0123456789-10' },
  redraw: { cookie: { name: 'side-primary', value: '0123456789-5' }, canaryWeight: 5.26 },
  attributes: { maxAge: 60 },
};

const worldOf = (...http: readonly JsonRecord[]): RouteWorld => new RouteWorld([aVirtualService({ http })], admitIstio);
const planned = (world: RouteWorld, weight = 10) =>
  istio.plan(world, ref, { split: twoWay(ref, weight), ...(weight === 0 ? {} : { affinity }) });
const podinfo = (fields: JsonRecord = {}) => [{ destination: { host: 'podinfo' }, ...fields }];

test('headers that change set-cookie are in the way, on the route and on its destination', () => {
  for (const response of [
    { set: { 'Set-Cookie': 'a=b' } },
    { add: { 'set-cookie': 'a=b' } },
    { remove: ['set-cookie'] },
  ]) {
    const headers = { response };
    for (const route of [{ headers, route: podinfo() }, { route: podinfo({ headers }) }]) {
      assert.throws(
        () => planned(worldOf(route)),
        /^RangeError: Cannot write the route: its headers change set-cookie, .*; want that away$/,
      );
      assert.doesNotThrow(() => planned(worldOf(route), 0));
    }
  }
});

test('cookies that somebody has left behind go with the next write', () => {
  const world = worldOf({ route: podinfo() });
  world.write(planned(world).patches);
  const found = world.all().find(({ kind }) => kind === 'VirtualService');
  assert.ok(found);
  const base = listAt(found, 'spec', 'http').at(-1);
  const torn = { ...found, spec: { ...recordAt(found, 'spec'), http: [base] } };
  world.put(torn);
  assert.deepEqual(istio.observe(world, ref), { split: twoWay(ref, 10) });
  world.write(planned(world).patches);
  assert.deepEqual(istio.observe(world, ref), { split: twoWay(ref, 10), affinity });
  world.put(torn);
  world.write(planned(world, 0).patches);
  assert.equal(JSON.stringify(world.all()).includes('set-cookie'), false);
});

test('weights that leave no room for hundredths of a percent are told', () => {
  const route = [
    { destination: { host: 'legacy' }, weight: 99_999_989 },
    { destination: { host: 'podinfo' }, weight: 7 },
  ];
  assert.throws(
    () => planned(worldOf({ route })),
    /its weights are too large for a share of 5\.26 %; want weights up to 100$/,
  );
});
