import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationMs } from '#src/api/duration.ts';

test('reads durations as Go writes them', () => {
  assert.equal(durationMs('30s'), 30_000);
  assert.equal(durationMs('1m30s'), 90_000);
  assert.equal(durationMs('250ms'), 250);
  assert.equal(durationMs('1h'), 3_600_000);
});

test('says what would be right of anything else', () => {
  for (const text of ['', '30', '1.5s', '-1s', '30 s', '1d']) {
    assert.throws(() => durationMs(text), { name: 'RangeError', message: /want numbers with ms, s, m or h/ });
  }
});
