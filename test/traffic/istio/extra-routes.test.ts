import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonRecord, listAt, recordAt, stringAt } from '#src/lib/json.ts';
import type { Condition } from '#src/rollout/request-match.ts';
import { type Extras, extrasOf, isExtra, withExtras } from '#src/traffic/istio/extra-routes.ts';
import { istioRef as ref } from './an-istio.ts';

const sides = { ref, roleOf: () => undefined };
const beta: Condition = { on: 'header', name: 'x-group', op: 'exact', value: 'beta' };
const route = [{ destination: { host: 'podinfo-primary' } }, { destination: { host: 'podinfo-canary' } }];
const extrasFor = (base: JsonRecord, { extras, number = 1 }: { extras: Extras; number?: number }) =>
  withExtras(base, { extras, sides, number }).filter(isExtra);
const mirrorOf = (base: object) => extrasFor({ route, ...base }, { extras: { mirror: 20 } });

const methodsOf = (method: object | undefined): readonly unknown[] =>
  mirrorOf(method === undefined ? {} : { match: [{ method }] })
    .flatMap((extra) => listAt(extra, 'match'))
    .map((match) => stringAt(match, 'method', 'regex'));

test('only safe requests of those that the route takes are copied', () => {
  assert.deepEqual(methodsOf(undefined), ['GET|HEAD|OPTIONS']);
  assert.deepEqual(methodsOf({ exact: 'HEAD' }), ['HEAD']);
  assert.deepEqual(methodsOf({ prefix: 'O' }), ['OPTIONS']);
  assert.deepEqual(methodsOf({ regex: 'GET|POST' }), ['GET']);
  for (const method of [{ exact: 'POST' }, { prefix: 'P' }, { regex: 'P.*' }, { regex: '(' }]) {
    assert.deepEqual(methodsOf(method), []);
  }
});

test('mirrors that are there already stay', () => {
  const ours = { destination: { host: 'podinfo-canary' }, percentage: { value: 20 } };
  const mirrorsOf = (base: object): unknown => recordAt(mirrorOf(base)[0])['mirrors'];
  const recorder = { host: 'recorder' };
  assert.deepEqual(mirrorsOf({ mirror: recorder }), [{ destination: recorder }, ours]);
  assert.deepEqual(mirrorsOf({ mirror: recorder, mirrorPercentage: { value: 5 } }), [
    { destination: recorder, percentage: { value: 5 } },
    ours,
  ]);
  assert.deepEqual(mirrorsOf({ mirror: recorder, mirrorPercent: 7 }), [
    { destination: recorder, percentage: { value: 7 } },
    ours,
  ]);
  assert.deepEqual(mirrorsOf({ mirrors: [{ destination: recorder }] }), [{ destination: recorder }, ours]);
});

test('pins go before mirrors, and both keep what else the route says', () => {
  const base = { timeout: '5s', route };
  const extras = extrasFor(base, { extras: { pinned: [[beta]], mirror: 1 }, number: 3 });
  assert.deepEqual(
    extras.map(({ name, timeout }) => [name, timeout]),
    [
      ['serin-pinned-3', '5s'],
      ['serin-mirrored-3', '5s'],
    ],
  );
  assert.deepEqual(listAt(extras[0], 'route'), [{ destination: { host: 'podinfo-canary' }, weight: 100 }]);
  assert.deepEqual(extrasOf([...extras, base], sides), { pinned: [[beta]], mirror: 1 });
});

test('a pin is read against the match that it narrows least', () => {
  const match = [{ uri: { prefix: '/' } }, { uri: { prefix: '/' }, headers: { 'x-tenant': { exact: 'blue' } } }];
  const base = { match, route };
  const extras = extrasFor(base, { extras: { pinned: [[beta]] } });
  assert.deepEqual(extrasOf([...extras, base], sides), { pinned: [[beta]] });
});
