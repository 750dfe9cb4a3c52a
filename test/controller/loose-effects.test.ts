import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EffectsTable, type Executor } from '#src/controller/effects-table.ts';
import { sleep } from '#src/lib/sleep.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import type { EffectResult, HookEffect } from '#src/rollout/effect.ts';

const DONE: EffectResult = { kind: 'hook', passed: true, detail: 'HTTP 200' };

const aCall = (key: string, type: HookEffect['hook']['type'] = 'event', loose = true): HookEffect => ({
  kind: 'hook',
  key,
  id: key,
  ...(loose ? { loose } : {}),
  hook: { name: 'chat', type, url: 'http://chat.test/', timeoutMs: 1000, retries: 0, disableTLS: false },
  payload: { name: 'podinfo', namespace: 'shop', phase: 'Progressing', checksum: '', metadata: {} },
});

const aTable = (execute: Executor) => {
  const clock = new VirtualClock(0);
  const changed: string[] = [];
  const dropped: string[] = [];
  const table = new EffectsTable({
    clock,
    random: () => 0.5,
    execute,
    onChange: (canary) => changed.push(canary),
    onDropped: (_canary, { key }) => dropped.push(key),
  });
  return { clock, changed, dropped, table };
};

test('a loose effect goes to its end although it is not wanted any more, and nobody hears of it', async () => {
  let ended = 0;
  const { clock, changed, table } = aTable(async (_canary, _effect, signal) => {
    await sleep(clock, 5_000, signal);
    if (!signal.aborted) ended++;
    return DONE;
  });
  table.want('a/b', [aCall('e1')]);
  table.want('a/b', [aCall('e1')]);
  table.want('a/b', []);
  assert.equal(table.view('a/b').size, 0);
  assert.equal(table.pending, 1);
  await clock.advance(10_000);
  assert.deepEqual([ended, changed, table.pending], [1, [], 0]);
});

test('a loose effect that fails is not tried again', async () => {
  let tries = 0;
  const { clock, table } = aTable(async () => {
    tries++;
    throw new Error('away');
  });
  table.want('a/b', [aCall('e1')]);
  await clock.advance(600_000);
  assert.deepEqual([tries, table.pending], [1, 0]);
});

test('more loose effects than may be under way at once are dropped, and said so; another Canary has its own', async () => {
  const { clock, dropped, table } = aTable(() => new Promise(() => {}));
  table.want(
    'a/b',
    Array.from({ length: 23 }, (_, index) => aCall(`e${index}`)),
  );
  table.want('a/c', [aCall('e0')]);
  await clock.settle();
  assert.deepEqual(dropped, ['e20', 'e21', 'e22']);
  assert.equal(table.pending, 21);
});

test('a stop ends them', async () => {
  const { clock, table } = aTable(async (_canary, _effect, signal) => {
    await sleep(clock, 3_600_000, signal);
    return DONE;
  });
  table.want('a/b', [aCall('e1')]);
  await table.stop();
  assert.equal(table.pending, 0);
});

for (const [type, loose, waits] of [
  ['event', true, true],
  ['post-rollout', false, true],
  ['pre-rollout', false, true],
  ['rollout', false, true],
  ['confirm-promotion', false, false],
  ['rollback', false, false],
] as const) {
  test(`a drain ${waits ? 'waits' : 'does not wait'} for a hook of type ${type}`, async () => {
    const { clock, table } = aTable(async (_canary, _effect, signal) => {
      await sleep(clock, 5_000, signal);
      return DONE;
    });
    table.want('a/b', [aCall('e1', type, loose)]);
    let drained = -1;
    const drain = table.drain(60_000).then(() => {
      drained = clock.now();
    });
    await clock.advance(10_000);
    await drain;
    assert.ok(waits ? drained >= 5_000 && drained < 6_000 : drained === 0, `${drained}`);
  });
}
