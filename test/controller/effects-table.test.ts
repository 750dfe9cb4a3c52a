import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EffectsTable, type Executor } from '#src/controller/effects-table.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import type { Effect, EffectResult } from '#src/rollout/effect.ts';

const measure = (key: string): Effect => ({ kind: 'measure', key, window: { from: 0, to: 1 }, checks: [] });
const done: EffectResult = { kind: 'measure', checks: [] };

const aTable = (execute: Executor) => {
  const clock = new VirtualClock(0);
  const changed: string[] = [];
  const table = new EffectsTable({ clock, random: () => 0.5, execute, onChange: (canary) => changed.push(canary) });
  return { clock, changed, table };
};

test('starts each wanted effect once and remembers its result', async () => {
  let started = 0;
  const { clock, changed, table } = aTable(async () => {
    started++;
    return done;
  });
  table.want('a/b', [measure('m1')]);
  table.want('a/b', [measure('m1')]);
  await clock.settle();
  table.want('a/b', [measure('m1')]);
  assert.equal(started, 1);
  assert.deepEqual(changed, ['a/b']);
  assert.deepEqual(table.view('a/b').get('m1'), { state: 'done', at: 0, result: done });
});

test('cancels what is no longer wanted and says nothing of it', async () => {
  let aborted = false;
  const { clock, changed, table } = aTable(
    (_canary, _effect, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => {
          aborted = true;
          reject(new Error('aborted'));
        }),
      ),
  );
  table.want('a/b', [measure('m1')]);
  table.want('a/b', []);
  await clock.advance(100_000);
  assert.ok(aborted);
  assert.deepEqual(changed, []);
  assert.equal(table.view('a/b').size, 0);
});

test('tries a failed effect again by itself, with growing waits, until it works', async () => {
  const times: number[] = [];
  const { clock, table } = aTable(async () => {
    times.push(clock.now());
    if (times.length < 4) throw new Error('away');
    return done;
  });
  table.want('a/b', [measure('m1')]);
  await clock.settle();
  const state = table.view('a/b').get('m1');
  assert.equal(state?.state === 'failed' && state.error, 'away');
  await clock.advance(60_000);
  assert.deepEqual(times, [0, 750, 2250, 5250]);
  assert.equal(table.view('a/b').get('m1')?.state, 'done');
});

test('who asks to be left alone is, also when that is longer than the wait would be', async () => {
  const times: number[] = [];
  const { clock, table } = aTable(async () => {
    times.push(clock.now());
    if (times.length < 3)
      throw Object.assign(new Error('slow down'), { retryAfterMs: times.length === 1 ? 90_000 : 1 });
    return done;
  });
  table.want('a/b', [measure('m1')]);
  await clock.advance(200_000);
  assert.deepEqual(times, [0, 90_000, 91_500], 'never sooner than the wait that grows by itself');
});

test('a slow effect of one canary does not hold another', async () => {
  const { clock, changed, table } = aTable((canary) =>
    canary === 'a/slow' ? new Promise(() => {}) : Promise.resolve(done),
  );
  table.want('a/slow', [measure('m')]);
  table.want('a/fast', [measure('m')]);
  await clock.settle();
  assert.deepEqual(changed, ['a/fast']);
  assert.equal(table.pending, 1);
});

test('starts nothing for a reconcile that ends after the stop', async () => {
  let started = 0;
  const { clock, table } = aTable(async () => {
    started++;
    return done;
  });
  await table.stop();
  table.want('a/b', [measure('m1')]);
  await clock.advance(100_000);
  assert.equal(started, 0);
});
