import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition } from '#src/rollout/request-match.ts';
import { misfits } from '#src/traffic/app-mesh/route-limits.ts';
import { appMesh } from '#src/traffic/app-mesh.ts';
import type { RouteOptions } from '#src/traffic/router.ts';
import { twoWay } from '#src/traffic/split.ts';
import { routeRef } from '#test/traffic/a-route.ts';
import { RouteWorld } from '#test/traffic/route-world.ts';

const refWith = (options: RouteOptions) => ({ ...routeRef, gatewayRefs: [], hosts: [], options });
const long = 'x'.repeat(256);

test('what App Mesh would refuse of a match is told', () => {
  assert.deepEqual(misfits({ prefix: '/', method: 'GET', scheme: 'https', path: { exact: '/' } }), []);
  assert.deepEqual(
    misfits({
      method: 'get',
      scheme: 'ftp',
      path: { regex: long },
      headers: [{ name: 'x-a', match: { exact: '' } }],
      metadata: [{ name: 'y'.repeat(51), match: { exact: '1' } }],
    }),
    [
      'App Mesh cannot compare x-a with nothing; want 1 to 255 characters',
      'App Mesh cannot compare the path with 256 characters; want 1 to 255 characters',
      'App Mesh knows no method get; want one of CONNECT, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, TRACE',
      'App Mesh knows no scheme ftp; want one of http, https',
      `App Mesh cannot match the gRPC header ${'y'.repeat(51)}; want a name of 1 to 50 characters`,
    ],
  );
});

test('a Canary learns of it before anything is written', () => {
  const options = { match: [{ uri: { prefix: '/' } }, { headers: { 'x-a': { exact: long } } }] };
  assert.deepEqual(
    appMesh.problems(new RouteWorld([]), refWith(options)).map(({ where, message }) => `${where}: ${message}`),
    ['spec.service.match[1]: App Mesh cannot compare x-a with 256 characters; want 1 to 255 characters'],
  );
});

test('a pin that App Mesh would refuse is not written', () => {
  const ref = refWith({});
  const plan = (condition: Condition) => () =>
    appMesh.plan(new RouteWorld([]), ref, { split: twoWay(ref, 0), pinned: [[condition]] });
  // The expression for a cookie is longer than the cookie.
  const cookie = { on: 'cookie', name: 'group', op: 'exact', value: 'x'.repeat(230) } as const;
  assert.throws(
    plan(cookie),
    /RangeError: Cannot write the route: App Mesh cannot compare cookie with \d+ characters;/,
  );
  assert.doesNotThrow(plan({ ...cookie, value: 'x'.repeat(210) }));
  assert.throws(plan({ on: 'header', name: 'x-a', op: 'exact', value: '' }), RangeError);
});
