import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FINALIZER } from '#src/api/names.ts';
import { canaryRef } from '#test/harness/a-world.ts';
import { aCanary } from '#test/harness/manifests.ts';
import { takenOver } from '#test/harness/release.ts';

// `kubectl replace` writes the object as it stands in the file, without the finalizer: the target stayed at 0 replicas
// when the Canary was deleted.
test('a finalizer that somebody replaced away comes back', async (t) => {
  const world = await takenOver(t);
  world.replace(aCanary());
  assert.deepEqual(world.read(canaryRef())?.metadata.finalizers ?? [], [], 'the manifest has none');
  await world.clock.advance(1000);
  assert.deepEqual(world.read(canaryRef())?.metadata.finalizers, [FINALIZER]);
});
