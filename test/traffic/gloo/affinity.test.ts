import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gloo } from '#src/traffic/gloo.ts';
import type { RouteRef } from '#src/traffic/router.ts';
import { twoWay } from '#src/traffic/split.ts';
import { routeRef } from '#test/traffic/a-route.ts';
import { RouteWorld } from '#test/traffic/route-world.ts';

const affinity = {
  canary: { name: 'side', value: '0123456789' },
  primary: { name: 'side-primary', value: '0123456789-10' },
  attributes: { maxAge: 60 },
};

test('headers that change set-cookie are in the way of keeping clients, and of nothing else', () => {
  for (const response of [
    { set: { 'Set-Cookie': 'a=b' } },
    { add: { 'set-cookie': 'a=b' } },
    { remove: ['set-cookie'] },
  ]) {
    const ref: RouteRef = { ...routeRef, gatewayRefs: [], hosts: [], options: { headers: { response } } };
    const split = twoWay(ref, 10);
    assert.throws(
      () => gloo.plan(new RouteWorld([]), ref, { split, affinity }),
      /^RangeError: Cannot write the route: service\.headers changes set-cookie, .*; want that away$/,
    );
    assert.doesNotThrow(() => gloo.plan(new RouteWorld([]), ref, { split }));
  }
});
