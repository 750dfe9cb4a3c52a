import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '#src/lib/sleep.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';

test('fires timers in order of time, then of creation', async () => {
  const clock = new VirtualClock(0);
  const seen: string[] = [];
  clock.after(20, () => seen.push(`late ${clock.now()}`));
  clock.after(10, () => seen.push(`first ${clock.now()}`));
  clock.after(10, () => seen.push(`second ${clock.now()}`));
  await clock.advance(15);
  assert.deepEqual(seen, ['first 10', 'second 10']);
  assert.equal(clock.now(), 15);
});

test('lets chains of promises and timers run to their end', async () => {
  const clock = new VirtualClock(0);
  let done = 0;
  const work = async (): Promise<void> => {
    for (let round = 0; round < 5; round++) await sleep(clock, 1000);
    done = clock.now();
  };
  void work();
  await clock.advance(10_000);
  assert.equal(done, 5000);
});

test('holds the time still while tracked work runs', async () => {
  const clock = new VirtualClock(0);
  let at = -1;
  const outside = new Promise<void>((resolve) => setTimeout(resolve, 20));
  void clock.track(outside).then(() => {
    at = clock.now();
  });
  await clock.advance(1000);
  assert.equal(at, 0);
});

test('an aborted sleep ends at once and leaves no timer', async () => {
  const clock = new VirtualClock(0);
  const stop = new AbortController();
  let woke = -1;
  void sleep(clock, 5000, stop.signal).then(() => {
    woke = clock.now();
  });
  stop.abort();
  await clock.advance(10);
  assert.equal(woke, 0);
});
