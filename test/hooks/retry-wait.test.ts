import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryWait } from '#src/hooks/retry-wait.ts';

const now = Date.UTC(2026, 0, 1);
const at = (ms: number): string => new Date(now + ms).toUTCString();

for (const [attempt, retryAfter, wanted] of [
  [2, undefined, 1000],
  [3, undefined, 2000],
  [7, undefined, 30_000],
  [90, undefined, 30_000],
  [2, '12', 12_000],
  [2, '0', 1000],
  [2, '86400', 30_000],
  [2, at(20_000), 20_000],
  [2, at(-20_000), 1000],
  [4, 'soon', 4000],
] as const) {
  test(`attempt ${attempt} after Retry-After ${retryAfter ?? '(none)'} waits ${wanted} ms`, () => {
    assert.equal(retryWait(attempt, { retryAfter, now }), wanted);
  });
}
