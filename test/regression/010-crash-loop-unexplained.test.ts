import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ended, push, takenOver } from '#test/harness/release.ts';

// The Deployment's status is the last to hear of a pod that died: a version whose pods die again and again was rolled
// back with the count alone.
test('a version whose pods die again and again is taken back with what they died of', async (t) => {
  const world = await takenOver(t);
  push(world, 'podinfo:6.9.1-crashing');
  await world.clock.until(ended(world, 1), 300_000);
  assert.match(
    world.canary().history[0]?.sentence ?? '',
    /podinfo-canary lost all its ready pods 3 times: pod podinfo-canary-\S+: container app: CrashLoopBackOff: exited with 137/,
  );
});
