import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { listAt, numberAt, stringAt } from '#src/lib/json.ts';
import { pairsOf, type Sides } from '#src/traffic/istio/destinations.ts';
import { canaryPercentOf, withApex, withCanaryPercent } from '#src/traffic/istio/weights.ts';
import { adoptingRef as ref } from './an-istio.ts';

const sides: Sides = {
  ref,
  roleOf: (host, subset) => (host === 'all' && (subset === 'primary' || subset === 'canary') ? subset : undefined),
};

const to = (host: string, weight?: number, more: object = {}) => ({
  destination: { host, ...more },
  ...(weight === undefined ? {} : { weight }),
});

const shares = (route: unknown): readonly unknown[] =>
  listAt(route, 'route').map((entry) => [stringAt(entry, 'destination', 'host'), numberAt(entry, 'weight')]);

test('the sides stand where the apex stood, in its form, with its subset and port', () => {
  const apex = {
    ...to('podinfo.shop.svc.cluster.local', undefined, { subset: 'v1', port: { number: 80 } }),
    headers: {},
  };
  const [primary, canary] = listAt(withCanaryPercent({ route: [apex] }, { sides, percent: 5 }), 'route');
  assert.deepEqual(primary, {
    destination: { host: 'podinfo-primary.shop.svc.cluster.local', subset: 'v1', port: { number: 80 } },
    headers: {},
    weight: 95,
  });
  assert.equal(stringAt(canary, 'destination', 'host'), 'podinfo-canary.shop.svc.cluster.local');
});

test('weights grow no further than whole percents need', () => {
  const grown = withCanaryPercent({ route: [to('podinfo', 50), to('old', 3)] }, { sides, percent: 1 });
  assert.deepEqual(shares(grown), [
    ['podinfo-primary', 99],
    ['podinfo-canary', 1],
    ['old', 6],
  ]);
  const kept = withCanaryPercent({ route: [to('podinfo', 100), to('old', 7)] }, { sides, percent: 1 });
  assert.deepEqual(shares(kept), [
    ['podinfo-primary', 99],
    ['podinfo-canary', 1],
    ['old', 7],
  ]);
});

test('a destination of several that has no weight gets nothing, and goes on so', () => {
  const route = { route: [to('podinfo', 10), to('dark')] };
  assert.deepEqual(shares(withCanaryPercent(route, { sides, percent: 50 })), [
    ['podinfo-primary', 50],
    ['podinfo-canary', 50],
    ['dark', 0],
  ]);
  assert.equal(canaryPercentOf({ route: [to('podinfo'), to('old', 5)] }, sides), undefined);
});

test('sides that stand there already get other weights, wherever they stand', () => {
  const route = { route: [to('podinfo-canary', 10), to('old', 10), to('podinfo-primary', 80)] };
  assert.equal(canaryPercentOf(route, sides), 1000 / 90);
  assert.deepEqual(shares(withCanaryPercent(route, { sides, percent: 50 })), [
    ['podinfo-canary', 450],
    ['old', 100],
    ['podinfo-primary', 450],
  ]);
});

test('a primary alone gets its canary, a canary alone is left to whoever has led requests there', () => {
  const primary = withCanaryPercent({ route: [to('podinfo-primary.shop')] }, { sides, percent: 20 });
  assert.deepEqual(shares(primary), [
    ['podinfo-primary.shop', 80],
    ['podinfo-canary.shop', 20],
  ]);
  const canary = { route: [to('podinfo-canary')] };
  assert.deepEqual(pairsOf(canary, sides), []);
  assert.equal(withCanaryPercent(canary, { sides, percent: 20 }), canary);
});

test('sides belong together by port and subset', () => {
  const port = (number: number) => ({ port: { number } });
  const route = {
    route: [
      to('podinfo-primary', 50, port(80)),
      to('podinfo-primary', 50, port(81)),
      to('podinfo-canary', 0, port(81)),
      to('podinfo-canary', 0, port(80)),
    ],
  };
  const weights = listAt(withCanaryPercent(route, { sides, percent: 10 }), 'route').map((it) => numberAt(it, 'weight'));
  assert.deepEqual(weights, [90, 90, 10, 10]);
});

test('subsets for the sides of any one host are a pair, and one of them alone is none', () => {
  const pair = { route: [to('all', 100, { subset: 'primary' }), to('all', 0, { subset: 'canary' })] };
  assert.deepEqual(shares(withCanaryPercent(pair, { sides, percent: 25 })), [
    ['all', 75],
    ['all', 25],
  ]);
  assert.deepEqual(pairsOf({ route: [to('all', 100, { subset: 'primary' })] }, sides), []);
  assert.deepEqual(pairsOf({ route: [to('all', 100, { subset: 'v1' })] }, sides), []);
});

test('a route that leads elsewhere is left as it is', () => {
  for (const host of ['cart', 'podinfo.other', 'podinfo.other.svc.cluster.local', 'podinfo.example.com']) {
    const route = { route: [to(host, 100)] };
    assert.equal(withCanaryPercent(route, { sides, percent: 50 }), route);
  }
  const redirect = { redirect: { uri: '/' } };
  assert.equal(withCanaryPercent(redirect, { sides, percent: 50 }), redirect);
});

test('whatever the weights, both sides have what the apex had, and the apex gets it back', () => {
  const weight = fc.integer({ min: 1, max: 1_000_000 });
  fc.assert(
    fc.property(weight, weight, fc.integer({ min: 0, max: 100 }), (ours, other, percent) => {
      const route = withCanaryPercent({ route: [to('podinfo', ours), to('old', other)] }, { sides, percent });
      const [primary = 0, canary = 0, old = 0] = listAt(route, 'route').map((entry) => numberAt(entry, 'weight'));
      assert.ok(Math.abs(canary - ((primary + canary) * percent) / 100) < 1e-6);
      assert.equal((primary + canary) * other, old * ours);
      assert.ok(primary + canary + old < 2 ** 31);
      assert.deepEqual(shares(withApex(route, sides)), [
        ['podinfo', primary + canary],
        ['old', old],
      ]);
      assert.deepEqual(withCanaryPercent(route, { sides, percent }), route);
    }),
  );
});
