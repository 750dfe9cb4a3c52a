import assert from 'node:assert/strict';
import { test } from 'node:test';
import { covers } from '#src/lib/covers.ts';

test('more fields do not matter, other values and other lists do', () => {
  const actual = { a: 1, b: { c: 'x', defaulted: true }, list: [{ name: 'n', extra: 1 }] };
  assert.ok(covers(actual, {}));
  assert.ok(covers(actual, { b: { c: 'x' }, list: [{ name: 'n' }], absent: undefined }));
  assert.ok(!covers(actual, { b: { c: 'y' } }));
  assert.ok(!covers(actual, { d: {} }));
  assert.ok(!covers(actual, { list: [] }));
  assert.ok(!covers(actual, { list: [{ name: 'n' }, { name: 'm' }] }));
  assert.ok(!covers({ a: [1] }, { a: { 0: 1 } }));
});
