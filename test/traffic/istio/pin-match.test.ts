import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition } from '#src/rollout/request-match.ts';
import { conditionsOf, pinnedMatch } from '#src/traffic/istio/pin-match.ts';

const beta: Condition = { on: 'header', name: 'x-group', op: 'exact', value: 'beta' };

test('a condition goes to the place that Istio has for it', () => {
  const match = { uri: { prefix: '/api' }, headers: { 'x-tenant': { exact: 'blue' } } };
  assert.deepEqual(pinnedMatch(match, [beta, { on: 'query', name: 'v', op: 'prefix', value: '2.' }]), {
    uri: { prefix: '/api' },
    headers: { 'x-tenant': { exact: 'blue' }, 'x-group': { exact: 'beta' } },
    queryParams: { v: { prefix: '2.' } },
  });
});

test('header names are written in lower case, as Istio wants them', () => {
  assert.deepEqual(pinnedMatch({}, [{ ...beta, name: 'X-Group' }]), { headers: { 'x-group': { exact: 'beta' } } });
});

test('a match that asks for another value has no such requests', () => {
  for (const taken of [{ exact: 'alpha' }, { prefix: 'al' }]) {
    assert.equal(pinnedMatch({ headers: { 'x-group': taken } }, [beta]), undefined);
  }
  const prefix: Condition = { ...beta, op: 'prefix' };
  assert.equal(pinnedMatch({ headers: { 'x-group': { exact: 'alpha' } } }, [prefix]), undefined);
  assert.equal(pinnedMatch({ headers: { 'x-group': { prefix: 'alpha' } } }, [prefix]), undefined);
});

test('what Istio cannot say in one match is refused', () => {
  const words =
    'Cannot write the route: Istio compares header x-group once in a match, and it is compared there already; want pins by another one';
  for (const taken of [{ exact: 'beta' }, { regex: 'b.*' }, { prefix: 'b' }, {}]) {
    assert.throws(() => pinnedMatch({ headers: { 'x-group': taken } }, [beta]), new RangeError(words));
  }
  const cookie: Condition = { on: 'cookie', name: 'a', op: 'exact', value: '1' };
  assert.throws(() => pinnedMatch({}, [cookie, { ...cookie, name: 'b' }]), /compares header cookie once/);
  const query: Condition = { on: 'query', name: 'v', op: 'regex', value: '1' };
  assert.throws(() => pinnedMatch({ queryParams: { v: { exact: '1' } } }, [query]), /compares query parameter v once/);
});

test('any value at all is an empty match, as Istio refuses an empty prefix', () => {
  const any: Condition = { on: 'query', name: 'beta', op: 'prefix', value: '' };
  assert.deepEqual(pinnedMatch({}, [any]), { queryParams: { beta: {} } });
  assert.deepEqual(conditionsOf({ queryParams: { beta: {} } }, {}), [any]);
});

test('the conditions by which a match was narrowed are read back', () => {
  const match = { uri: { prefix: '/api' } };
  const conditions: readonly Condition[] = [beta, { on: 'cookie', name: 'a', op: 'regex', value: '[0-9]+' }];
  const narrowed = pinnedMatch(match, conditions);
  assert.deepEqual(conditionsOf(narrowed ?? {}, match), conditions);
  assert.equal(conditionsOf(narrowed ?? {}, { uri: { prefix: '/' } }), undefined);
  assert.equal(conditionsOf(narrowed ?? {}, { ...match, headers: { 'x-group': { exact: 'alpha' } } }), undefined);
});
