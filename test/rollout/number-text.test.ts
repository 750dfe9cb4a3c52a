import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apart, numberText, withUnit } from '#src/rollout/number-text.ts';
import { checkText } from '#src/rollout/sentence.ts';

test('numbers are whole, or have four digits that matter', () => {
  assert.deepEqual(
    [0, 12_345, 99.5, 48.23456, 0.00012345, Number.POSITIVE_INFINITY].map((value) => numberText(value)),
    ['0', '12345', '99.5', '48.23', '0.0001234', 'Infinity'],
  );
  assert.deepEqual([withUnit(99, '%'), withUnit(7, undefined), withUnit(7, '')], ['99 %', '7', '7']);
});

test('a value never reads like the limit that it breaks', () => {
  assert.equal(apart(98.99999, { limit: 99, unit: '%' }), '98.99999 %');
  assert.equal(apart(500.00001, { limit: 500, unit: undefined }), '500.00001');
  const check = { name: 'rate', at: '', verdict: 'fail', unit: '%' } as const;
  assert.equal(checkText({ ...check, value: 98.99999, min: 99 }), 'rate 98.99999 % is below 99 %');
  assert.equal(checkText({ ...check, value: 1.00001, max: 1 }), 'rate 1.00001 % is above 1 %');
});
