import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberAt } from '#src/lib/json.ts';
import { aWorld, canaryRef } from '#test/harness/a-world.ts';
import { aCanary, aDeployment } from '#test/harness/manifests.ts';
import { deployment } from '#test/harness/release.ts';

test('a Canary for which Serin made the apex Service can be deleted, and the Service goes with it', async (t) => {
  const world = aWorld();
  t.after(() => world.stop());
  world.apply(aDeployment('podinfo:6.0.0', { replicas: 2 }));
  world.startController();
  world.apply(aCanary());
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  const apex = { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'podinfo' };
  assert.notEqual(world.read(apex), undefined);

  world.remove(canaryRef());
  await world.clock.until(() => world.read(canaryRef()) === undefined, 60_000);
  assert.equal(numberAt(deployment(world, 'podinfo'), 'status', 'readyReplicas'), 2);
  assert.equal(world.read(apex), undefined);
  assert.equal(deployment(world, 'podinfo-primary'), undefined);
});
