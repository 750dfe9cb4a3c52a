import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson, sameJson } from '#src/lib/json.ts';

test('sameJson agrees with the canonical text', () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  fc.assert(fc.property(value, value, (a, b) => sameJson(a, b) === (canonicalJson(a) === canonicalJson(b))));
  fc.assert(fc.property(value, (a) => sameJson(a, JSON.parse(JSON.stringify(a)))));
});

test('undefined fields are absent, the order of keys does not matter, that of items does', () => {
  assert.ok(sameJson({ a: 1, b: undefined }, { a: 1 }));
  assert.ok(sameJson({ a: 1 }, { b: undefined, a: 1 }));
  assert.ok(sameJson({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 }));
  assert.ok(!sameJson([1, 2], [2, 1]));
  assert.ok(!sameJson({ a: null }, {}));
  assert.ok(!sameJson({ a: 1 }, { a: '1' }));
});
