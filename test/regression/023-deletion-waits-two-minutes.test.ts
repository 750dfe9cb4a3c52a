import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canaryRef } from '#test/harness/a-world.ts';
import { lacking } from '#test/harness/lacking.ts';
import { aCanary, adopting, aRoute } from '#test/harness/manifests.ts';
import { serving } from '#test/harness/release.ts';

// The two minutes were looked at when the last try had been refused and its pause was over: up to a minute later.
test('a Canary that is deleted waits two minutes for a right, and not for the pause between two tries', async (t) => {
  let missing = false;
  const world = await serving(t);
  world.apply(aRoute());
  world.startController({
    through: lacking(({ verb, resource }) => missing && `${verb} ${resource}` === 'patch services'),
  });
  world.apply(aCanary(adopting()));
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  await world.clock.advance(5000);
  missing = true;
  world.remove(canaryRef());
  await world.clock.advance(119_000);
  assert.notEqual(world.read(canaryRef()), undefined);
  await world.clock.until(() => world.read(canaryRef()) === undefined, 3000);
});
