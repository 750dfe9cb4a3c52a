import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringAt } from '#src/lib/json.ts';
import { ended, push, takenOver } from '#test/harness/release.ts';

// What two runs told in the same words became one series of the first run: the second one's story had holes.
test('each run tells its own story, though its words are those of another', async (t) => {
  const world = await takenOver(t);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 1), 60_000);
  push(world, 'podinfo:6.2.0');
  await world.clock.until(ended(world, 2), 60_000);
  const runs = world.canary().history.map(({ id }) => `podinfo-${id}`);
  const told = world.cluster.api
    .list({ apiVersion: 'events.k8s.io/v1', kind: 'Event' })
    .filter((event) => event['reason'] === 'WeightChanged' && stringAt(event, 'note')?.startsWith('Weight 0% -> 10%'));
  assert.deepEqual(told.map((event) => stringAt(event, 'related', 'name')).sort(), [...runs].sort());
});
