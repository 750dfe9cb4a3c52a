import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WorkQueue } from '#src/kube/queue.ts';
import { seededRandom } from '#src/lib/random.ts';
import { sleep } from '#src/lib/sleep.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';

const numRuns = process.env['SERIN_DEEP'] === undefined ? 100 : 3_000;

type Wish = { readonly key: string; readonly at: number; readonly due: number };
type Run = { readonly key: string; readonly from: number; readonly to: number };

const step = fc.record({
  wait: fc.integer({ min: 0, max: 200 }),
  key: fc.constantFrom('a', 'b', 'c', 'd'),
  delay: fc.oneof(
    { arbitrary: fc.constant(0), weight: 2 },
    { arbitrary: fc.integer({ min: 1, max: 1500 }), weight: 1 },
  ),
});
const scenario = fc.record({
  workers: fc.integer({ min: 1, max: 3 }),
  steps: fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }),
  work: fc.array(fc.record({ ms: fc.integer({ min: 0, max: 300 }), fails: fc.boolean() }), {
    minLength: 1,
    maxLength: 10,
  }),
});

/** Plays a scenario to its end. Work fails at most ten times, and only when `failing`. */
const play = async (options: {
  readonly workers: number;
  readonly steps: readonly { readonly wait: number; readonly key: string; readonly delay: number }[];
  readonly work: readonly { readonly ms: number; readonly fails: boolean }[];
  readonly failing: boolean;
}): Promise<{ readonly wishes: readonly Wish[]; readonly runs: readonly Run[]; readonly mostActive: number }> => {
  const clock = new VirtualClock();
  const wishes: Wish[] = [];
  const runs: Run[] = [];
  const active = new Set<string>();
  const twice: string[] = [];
  let mostActive = 0;
  let turn = 0;
  const queue = new WorkQueue({
    clock,
    random: seededRandom(3),
    workers: options.workers,
    work: async (key) => {
      if (active.has(key)) twice.push(`${key}@${clock.monotonic()}`);
      active.add(key);
      mostActive = Math.max(mostActive, active.size);
      const from = clock.monotonic();
      const { ms = 0, fails = false } = options.work[turn++ % options.work.length] ?? {};
      await sleep(clock, ms);
      active.delete(key);
      runs.push({ key, from, to: clock.monotonic() });
      if (options.failing && fails && turn <= 10) throw new Error('no');
    },
  });
  queue.start();
  for (const { wait, key, delay } of options.steps) {
    await clock.advance(wait);
    wishes.push({ key, at: clock.monotonic(), due: clock.monotonic() + delay });
    queue.addAfter(key, delay);
  }
  await clock.advance(1_000_000);
  assert.deepEqual(twice, [], 'two workers on one key');
  assert.deepEqual(queue.counts(), { delayed: 0, ready: 0, active: 0, failing: 0 });
  return { wishes, runs, mostActive };
};

test('no key is worked on twice at once, and no wish is lost, also when work fails', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, fc.boolean(), async (given, failing) => {
      const { wishes, runs, mostActive } = await play({ ...given, failing });
      assert.ok(mostActive <= given.workers);
      for (const { key, at } of wishes) {
        assert.ok(
          runs.some((run) => run.key === key && run.from >= at),
          `nothing ran for ${key} after ${at}`,
        );
      }
    }),
    { numRuns },
  );
});

test('with workers enough, the earliest wish counts: each is served by its time, and nothing runs that nobody wished', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const { wishes, runs } = await play({ ...given, workers: 4, failing: false });
      for (const { key, at, due } of wishes) {
        const busyUntil = runs.find((run) => run.key === key && run.from < due && run.to > due)?.to ?? due;
        assert.ok(
          runs.some((run) => run.key === key && run.from >= at && run.from <= Math.max(due, busyUntil)),
          `${key} wished at ${at} for ${due} was not served by then`,
        );
      }
      for (const run of runs) {
        assert.ok(
          wishes.some(({ key, at, due }) => run.key === key && at <= run.from && due <= run.from),
          `${run.key} ran at ${run.from} before any wish was due`,
        );
      }
      assert.ok(runs.length <= wishes.length);
    }),
    { numRuns },
  );
});
