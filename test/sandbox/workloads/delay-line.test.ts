import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { DelayLine } from '#src/sandbox/workloads/delay-line.ts';
import { KeyQueue } from '#src/sandbox/workloads/key-queue.ts';

test('each item comes after the delay, in order', async () => {
  const clock = new VirtualClock(0);
  const seen: string[] = [];
  const line = new DelayLine<string>({ clock, delayMs: 100, deliver: (item) => seen.push(`${item}@${clock.now()}`) });
  line.push('a');
  await clock.advance(40);
  line.push('b');
  await clock.advance(60);
  assert.deepEqual(seen, ['a@100']);
  await clock.advance(100);
  assert.deepEqual(seen, ['a@100', 'b@140']);
  line.push('c');
  line.stop();
  await clock.advance(1000);
  assert.equal(seen.length, 2);
});

test('an item that is put in during a delivery waits its full time, also when the delivery throws', async () => {
  const clock = new VirtualClock(0);
  const seen: number[] = [];
  const line: DelayLine<number> = new DelayLine({
    clock,
    delayMs: 10,
    deliver: (n: number) => {
      seen.push(clock.now());
      line.push(n + 1);
      if (n === 1) throw new Error('once');
    },
  });
  line.push(1);
  await assert.rejects(clock.advance(35), /once/);
  await clock.advance(25);
  assert.deepEqual(seen, [10, 20, 30]);
});

test('a key is worked on once, however often it is added, and again when it is added later', async () => {
  const clock = new VirtualClock(0);
  const seen: string[] = [];
  const queue = new KeyQueue({ clock, delayMs: 5, sync: (key) => seen.push(`${key}@${clock.now()}`) });
  queue.add('a');
  queue.add('b');
  await clock.advance(3);
  queue.add('a');
  queue.addAfter('c', 100);
  queue.addAfter('c', 50);
  await clock.advance(100);
  queue.add('a');
  await clock.advance(5);
  assert.deepEqual(seen, ['a@5', 'b@5', 'c@58', 'a@108']);
  queue.add('d');
  queue.addAfter('e', 1);
  queue.stop();
  await clock.advance(100);
  assert.equal(seen.length, 4);
});
