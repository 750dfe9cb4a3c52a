import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberAt } from '#src/lib/json.ts';
import { canaryRef } from '#test/harness/a-world.ts';
import { aCanary, adopting, aRoute, aService } from '#test/harness/manifests.ts';
import { deployment, serving } from '#test/harness/release.ts';

test('a Canary deleted when somebody has just taken the selector of its apex back gives everything back all the same', async (t) => {
  const world = await serving(t);
  world.apply(aRoute());
  await world.clock.advance(1000);
  world.startController();
  world.apply(aCanary(adopting()));
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  await world.clock.advance(5000);
  world.killControllers();
  world.apply(aService());
  world.remove(canaryRef());
  const mark = world.load.snapshot();
  world.startController();
  await world.clock.until(() => world.read(canaryRef()) === undefined, 60_000);
  await world.clock.advance(5000);
  assert.equal(world.load.since(mark).failures, 0);
  assert.equal(numberAt(deployment(world, 'podinfo'), 'status', 'readyReplicas'), 2);
  assert.equal(deployment(world, 'podinfo-primary'), undefined);
});
