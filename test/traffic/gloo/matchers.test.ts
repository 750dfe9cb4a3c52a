import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Condition } from '#src/rollout/request-match.ts';
import { matchersFor, pinsOf } from '#src/traffic/gloo/matchers.ts';
import { routeRef } from '#test/traffic/a-route.ts';

const ref = {
  ...routeRef,
  options: {
    match: [
      { uri: { prefix: '/api' }, headers: { 'x-a': { regex: 'a|b' } } },
      { queryParams: { page: { prefix: '1' } } },
    ],
  },
};

test('every pin is read as it was written, beside the matches of the Canary', () => {
  const words = fc.constantFrom('', 'v1.2', 'a|b', '(?:x)', 'x.*', '^$', '[a;]', 'a\\.b');
  const condition: fc.Arbitrary<Condition> = fc.record({
    on: fc.constantFrom('header' as const, 'query' as const),
    name: fc.constantFrom('x-canary', 'cookie', 'page'),
    op: fc.constantFrom('exact' as const, 'prefix' as const, 'regex' as const),
    value: words,
  });
  const inOrder = (pin: readonly Condition[]): readonly Condition[] => [
    ...pin.filter(({ on }) => on === 'header'),
    ...pin.filter(({ on }) => on === 'query'),
  ];
  fc.assert(
    fc.property(fc.array(fc.array(condition, { maxLength: 4 }), { minLength: 1, maxLength: 4 }), (pinned) => {
      assert.deepEqual(
        pinsOf(matchersFor(ref, { pinned }), ref),
        pinned.map((pin) => inOrder(pin.map((one) => ({ ...one })))),
      );
    }),
  );
});

test('an empty value is compared, and not taken for any value', () => {
  const headers = { headers: { 'x-a': { exact: '' } } };
  const { matchers } = matchersFor({ ...routeRef, options: { match: [headers] } }, {}) ?? {};
  assert.deepEqual(matchers, [{ headers: [{ name: 'x-a', regex: true, value: '^$' }] }]);
});

test('a match without a path takes every path beside one that has some', () => {
  const { inheritablePathMatchers, matchers } = matchersFor(ref, {}) ?? {};
  assert.equal(inheritablePathMatchers, undefined);
  assert.deepEqual(
    matchers?.map(({ prefix }) => prefix),
    ['/api', '/'],
  );
});
