import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordAt } from '#src/lib/json.ts';
import { service } from '../workloads/workload-world.ts';
import { gatewayWorld, HOST, ingress } from './gateway-world.ts';

/** A world with a primary Ingress on `one` and, by annotations, a canary on `two`. */
const canaryWorld = async (annotations: Readonly<Record<string, string>>) => {
  const world = await gatewayWorld();
  await world.write(ingress('one'), ingress('two', { annotations: { canary: 'true', ...annotations } }));
  return world;
};

const near = (value: number | undefined, [low, high]: readonly [number, number]): void =>
  assert.ok(value !== undefined && value >= low && value <= high, `want ${low} to ${high}, found ${value}`);

test('the canary weight splits by chance, and 0 and 100 are exact', async () => {
  const world = await canaryWorld({ 'canary-weight': '20' });
  near((await world.tally(1000))['2'], [160, 240]);
  await world.write(ingress('two', { annotations: { canary: 'true', 'canary-weight': '0' } }));
  assert.deepEqual(await world.tally(50), { '1': 50 });
  await world.write(ingress('two', { annotations: { canary: 'true', 'canary-weight': '100' } }));
  assert.deepEqual(await world.tally(50), { '2': 50 });
});

test('a weight total below 100 counts as 100, one above as it is', async () => {
  const world = await canaryWorld({ 'canary-weight': '5', 'canary-weight-total': '10' });
  near((await world.tally(1000))['2'], [25, 80]);
  const annotations = { canary: 'true', 'canary-weight': '500', 'canary-weight-total': '1000' };
  await world.write(ingress('two', { annotations }));
  near((await world.tally(1000))['2'], [440, 560]);
});

test('header goes before cookie, and cookie before weight', async () => {
  const world = await canaryWorld({
    'canary-by-header': 'X-Canary',
    'canary-by-cookie': 'side',
    'canary-weight': '100',
  });
  const by = async (headers: Record<string, string>) => Object.keys(await world.tally(1, { headers }))[0];
  assert.equal(await by({ 'x-canary': 'never', cookie: 'side=always' }), '1');
  assert.equal(await by({ 'x-canary': 'always', cookie: 'side=never' }), '2');
  assert.equal(await by({ 'x-canary': 'else', cookie: 'a=b; side=never' }), '1');
  assert.equal(await by({ cookie: 'side=else' }), '2');
});

test('with a header value only that value decides; "never" falls to the weight', async () => {
  const world = await canaryWorld({
    'canary-by-header': 'x-canary',
    'canary-by-header-value': 'beta',
    'canary-weight': '0',
  });
  const by = async (value: string) => Object.keys(await world.tally(1, { headers: { 'x-canary': value } }))[0];
  assert.equal(await by('beta'), '2');
  assert.equal(await by('always'), '1');
  const annotations = {
    canary: 'true',
    'canary-by-header': 'x-canary',
    'canary-by-header-value': 'beta',
    'canary-weight': '100',
  };
  await world.write(ingress('two', { annotations }));
  assert.equal(await by('never'), '2');
  const pattern = {
    canary: 'true',
    'canary-by-header': 'x-canary',
    'canary-by-header-pattern': '^b',
    'canary-weight': '0',
  };
  await world.write(ingress('two', { annotations: pattern }));
  assert.equal(await by('beta'), '2');
  assert.equal(await by('alpha'), '1');
});

test('a primary without endpoints answers 503 even at canary weight 100', async () => {
  const world = await canaryWorld({ 'canary-weight': '100' });
  await world.scale('one', 0);
  assert.deepEqual(await world.tally(20), { '503': 20 });
});

test('a canary without endpoints leaves everything to the primary', async () => {
  const world = await canaryWorld({ 'canary-weight': '100' });
  await world.scale('two', 0);
  assert.deepEqual(await world.tally(20), { '1': 20 });
});

test('a canary needs a primary on exactly its host and path; the oldest canary wins', async () => {
  const world = await gatewayWorld();
  await world.write(
    ingress('one'),
    ingress('two', { path: '/v2', annotations: { canary: 'true', 'canary-weight': '100' } }),
  );
  assert.deepEqual(await world.tally(1, { path: '/v2' }), { '1': 1 });
  await world.write(ingress('two', { annotations: { canary: 'true', 'canary-weight': '100' } }));
  await world.clock.advance(1000);
  const late = ingress('late', { service: 'three', annotations: { canary: 'true', 'canary-weight': '100' } });
  await world.write(service('three', { selector: { app: 'one' } }), late);
  assert.deepEqual(await world.tally(10), { '2': 10 });
});

test('a canary on a Service that a primary uses too is ignored', async () => {
  const world = await gatewayWorld();
  await world.write(ingress('one'), ingress('other', { service: 'two', path: '/other' }));
  await world.write(ingress('two', { annotations: { canary: 'true', 'canary-weight': '100' } }));
  assert.deepEqual(await world.tally(10), { '1': 10 });
});

test('Ingresses of another class are left alone', async () => {
  const world = await gatewayWorld();
  const foreign = ingress('one');
  await world.write({ ...foreign, spec: { ...recordAt(foreign, 'spec'), ingressClassName: 'alb' } });
  assert.deepEqual(await world.tally(1), { '404': 1 });
});

test('ingress-nginx counts both sides under the primary, told apart by the label canary', async () => {
  const world = await canaryWorld({ 'canary-by-header': 'x-canary' });
  await world.tally(3);
  await world.tally(2, { headers: { 'x-canary': 'always' } });
  const text = world.gateway.metrics();
  const labels = `namespace="shop",ingress="one",service="one",host="${HOST}",path="/"`;
  const line = (canary: string) =>
    `nginx_ingress_controller_requests{${labels},canary="${canary}",method="GET",status="200"}`;
  assert.ok(text.includes(`${line('')} 3\n`), text);
  assert.ok(text.includes(`${line('shop-two-80')} 2\n`), text);
  const bucket = `nginx_ingress_controller_request_duration_seconds_bucket{${labels},canary="shop-two-80",method="GET",status="200",le="0.005"} 2`;
  assert.ok(text.includes(bucket), text);
});
