import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckStatus } from '#src/api/canary-status.ts';
import { keepChecks, trimmed } from '#src/rollout/kept-checks.ts';
import { CAPS } from '#src/rollout/limits.ts';
import { aCheck } from './an-observed.ts';

test('firsts, lasts and failures stay when the checks are thinned', () => {
  let kept: readonly CheckStatus[] = [];
  for (let window = 0; window < 100; window++) {
    const verdict = window === 50 ? 'fail' : 'pass';
    kept = keepChecks(kept, [aCheck(verdict, { at: `${window}` }), aCheck('pass', { name: 'other', at: `${window}` })]);
  }
  assert.equal(kept.length, CAPS.keptChecks);
  const times = kept.filter(({ name }) => name === 'request-success-rate').map(({ at }) => at);
  assert.equal(times[0], '0');
  assert.equal(times.at(-1), '99');
  assert.ok(kept.some(({ at, verdict }) => at === '50' && verdict === 'fail'));
});

test('also when everything fails there is an end', () => {
  const kept = keepChecks(
    [],
    Array.from({ length: 300 }, (_, index) => aCheck('fail', { name: `metric-${index}` })),
  );
  assert.equal(kept.length, CAPS.keptChecks);
});

test('queries are not kept with every check', () => {
  assert.equal(keepChecks([], [aCheck('pass', { query: 'up' })])[0]?.query, undefined);
});

test('texts are cut to size, and a number that JSON has none for is left out', () => {
  const check = trimmed(
    aCheck('fail', { message: 'm'.repeat(999), query: 'q'.repeat(999), value: Number.POSITIVE_INFINITY }),
  );
  assert.equal(check.message?.length, CAPS.text);
  assert.equal(check.query?.length, CAPS.text);
  assert.ok(!('value' in check));
});
