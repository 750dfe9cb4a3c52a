import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkQueue } from '#src/kube/queue.ts';
import { seededRandom } from '#src/lib/random.ts';
import { sleep } from '#src/lib/sleep.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';

/** A queue whose work takes `workMs` and is noted as `key@start`, in seconds. */
const setUp = (options: { workers?: number; workMs?: number; fail?: () => boolean; started?: boolean } = {}) => {
  const clock = new VirtualClock();
  const runs: string[] = [];
  const errors: unknown[] = [];
  const queue = new WorkQueue({
    clock,
    random: () => 1,
    workers: options.workers ?? 2,
    work: async (key) => {
      runs.push(`${key}@${clock.monotonic() / 1000}`);
      if (options.fail?.() === true) throw new Error('no');
      if (options.workMs !== undefined) await sleep(clock, options.workMs);
    },
    onError: (key) => errors.push(key),
    backOff: { baseMs: 1_000, maxMs: 5_000 },
  });
  if (options.started !== false) queue.start();
  return { clock, queue, runs, errors };
};

test('a key added many times is worked on once', async () => {
  const { clock, queue, runs } = setUp({ started: false });
  for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
  await clock.advance(1_000);
  assert.deepEqual(runs, []);
  queue.start();
  await clock.settle();
  assert.deepEqual(runs, ['a@1', 'b@1']);
});

test('a key added while it is active is worked on again, once, after that', async () => {
  const { clock, queue, runs } = setUp({ workMs: 2_000 });
  queue.add('a');
  await clock.advance(1_000);
  queue.add('a');
  queue.add('a');
  await clock.advance(10_000);
  assert.deepEqual(runs, ['a@0', 'a@2']);
});

test('of several delays the earliest counts, and serves them all', async () => {
  const { clock, queue, runs } = setUp();
  queue.addAfter('a', 5_000);
  queue.addAfter('a', 3_000);
  queue.addAfter('a', 9_000);
  queue.addAfter('b', 5_000);
  queue.add('b');
  await clock.advance(60_000);
  assert.deepEqual(runs, ['b@0', 'a@3']);
});

test('a delay asked for while the key is active counts from then', async () => {
  const { clock, queue, runs } = setUp({ workMs: 2_000 });
  queue.add('a');
  await clock.advance(1_000);
  queue.addAfter('a', 4_000);
  queue.addAfter('a', 6_000);
  await clock.advance(20_000);
  assert.deepEqual(runs, ['a@0', 'a@5']);
});

test('workers are bounded, and keys are served in the order of their readiness', async () => {
  const { clock, queue, runs } = setUp({ workers: 2, workMs: 1_000 });
  for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key);
  await clock.settle();
  assert.deepEqual(queue.counts(), { delayed: 0, ready: 3, active: 2, failing: 0 });
  await clock.advance(10_000);
  assert.deepEqual(runs, ['a@0', 'b@0', 'c@1', 'd@1', 'e@2']);
});

test('says how late a key got its worker', async () => {
  const clock = new VirtualClock();
  const late: number[] = [];
  const queue = new WorkQueue({
    clock,
    random: seededRandom(1),
    workers: 1,
    work: async (_, lateMs) => {
      late.push(lateMs);
      await sleep(clock, 700);
    },
  });
  queue.start();
  queue.add('a');
  queue.addAfter('b', 100);
  await clock.advance(2_000);
  assert.deepEqual(late, [0, 600]);
});

test('a key whose work fails comes back with a doubled wait each time, until it works', async () => {
  let failures = 4;
  const { clock, queue, runs, errors } = setUp({ fail: () => failures-- > 0 });
  queue.add('a');
  await clock.advance(60_000);
  assert.deepEqual(runs, ['a@0', 'a@1', 'a@3', 'a@7', 'a@12']);
  assert.equal(errors.length, 4);
  failures = 1;
  queue.add('a');
  await clock.advance(10_000);
  assert.deepEqual(runs.slice(5), ['a@60', 'a@61']);
  assert.equal(queue.counts().failing, 0);
});

test('an add does not wait for the back-off', async () => {
  let failures = 3;
  const { clock, queue, runs } = setUp({ fail: () => failures-- > 0 });
  queue.add('a');
  await clock.advance(1_500);
  queue.add('a');
  await clock.settle();
  assert.deepEqual(runs, ['a@0', 'a@1', 'a@1.5']);
});

test('stop waits for active work, and nothing runs after it', async () => {
  const { clock, queue, runs } = setUp({ workers: 1, workMs: 2_000 });
  queue.add('a');
  queue.add('b');
  queue.addAfter('c', 500);
  await clock.advance(1_000);
  let stopped = false;
  const done = queue.stop().then(() => {
    stopped = true;
  });
  queue.add('a');
  await clock.settle();
  assert.equal(stopped, false);
  await clock.advance(1_000);
  assert.equal(stopped, true);
  await done;
  queue.add('d');
  await clock.advance(60_000);
  assert.deepEqual(runs, ['a@0']);
});

test('a pause waits for active work, forgets what waited, and ends with start', async () => {
  const { clock, queue, runs } = setUp({ workers: 1, workMs: 2_000 });
  queue.add('a');
  queue.add('b');
  queue.addAfter('c', 500);
  await clock.advance(1_000);
  let paused = false;
  void queue.pause().then(() => {
    paused = true;
  });
  queue.add('d');
  await clock.settle();
  assert.equal(paused, false);
  await clock.advance(10_000);
  assert.equal(paused, true);
  assert.deepEqual(runs, ['a@0']);
  queue.start();
  await clock.advance(10_000);
  assert.deepEqual(runs, ['a@0', 'd@11']);
});

test('is idle when nothing is ready or active, whatever is delayed', async () => {
  const { clock, queue } = setUp({ workers: 1, workMs: 1_000 });
  queue.add('a');
  queue.add('b');
  queue.addAfter('c', 60_000);
  let at = -1;
  void queue.idle().then(() => {
    at = clock.monotonic();
  });
  await clock.advance(10_000);
  assert.equal(at, 2_000);
});
