import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ended, push, takenOver } from '#test/harness/release.ts';

// The promotion could not be done without the stored template, and nothing but the log said so.
test('a stored template that somebody deleted in the middle of a run is stored again', async (t) => {
  const world = await takenOver(t);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  const name = `podinfo-${world.canary().run?.revision}`;
  world.remove({ apiVersion: 'apps/v1', kind: 'ControllerRevision', namespace: 'shop', name });
  await world.clock.until(ended(world, 1), 60_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
});

test('one that the target no longer has is missed by name on the Canary', async (t) => {
  const world = await takenOver(t);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 50, 60_000);
  const name = `podinfo-${world.canary().run?.revision}`;
  await world.clock.until(() => world.canary().phase === 'Promoting', 60_000);
  push(world, 'podinfo:6.2.0');
  world.remove({ apiVersion: 'apps/v1', kind: 'ControllerRevision', namespace: 'shop', name });
  world.remove({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'podinfo-primary' });
  await world.clock.advance(3_000);
  const stalled = world.canary().conditions.find(({ type }) => type === 'Stalled');
  assert.equal(
    stalled?.message,
    `Cannot apply revision ${world.canary().run?.revision}: ControllerRevision shop/${name} is missing, want the stored template`,
  );
});
