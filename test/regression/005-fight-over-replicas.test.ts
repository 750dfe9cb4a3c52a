import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberAt } from '#src/lib/json.ts';
import { aDeployment } from '#test/harness/manifests.ts';
import { deployment, takenOver } from '#test/harness/release.ts';

// A manifest that says `replicas` was undone in silence, again and again.
test('who writes the replicas of the target is told by name', async (t) => {
  const world = await takenOver(t);
  world.apply(aDeployment('podinfo:6.0.0', { replicas: 3 }));
  await world.clock.advance(1000);
  assert.equal(numberAt(deployment(world, 'podinfo'), 'spec', 'replicas'), 0);
  assert.ok(
    world
      .events()
      .includes(
        'WorkloadDrift: kubectl set the replicas of podinfo to 3; they go back to 0. To end this, leave spec.replicas out of the manifest',
      ),
    world.events().join('\n'),
  );
});
