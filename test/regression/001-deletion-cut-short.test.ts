import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crashAfterWrite } from '#src/sandbox/faults/crash-after-write.ts';
import { canaryRef } from '#test/harness/a-world.ts';
import { takenOver } from '#test/harness/release.ts';

// The finalizer went as soon as no workload and no Service was left: records and config copies, which are deleted after
// them, stayed behind for ever when the controller died in between.
test('a deletion that is cut short after the Services leaves no record behind', async (t) => {
  const world = await takenOver(t);
  world.killControllers();
  const dying = world.startController({
    through: (transport) =>
      crashAfterWrite(transport, {
        writes: 2,
        of: ({ method, path }) => method === 'DELETE' && path.includes('/services/'),
        onCrash: () => dying.kill(),
      }),
  });
  world.remove(canaryRef());
  await world.clock.advance(30_000);
  assert.notEqual(world.read(canaryRef()), undefined, 'the controller died before the finalizer went');
  world.startController();
  await world.clock.until(() => world.read(canaryRef()) === undefined, 30_000);
  const records = world.cluster.api.list({ apiVersion: 'apps/v1', kind: 'ControllerRevision' });
  assert.deepEqual(
    records.map(({ metadata }) => metadata.name),
    [],
  );
});
