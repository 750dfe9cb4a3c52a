import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aCanary, aConfigMap, aDeployment } from '#test/harness/manifests.ts';
import { ended, serving } from '#test/harness/release.ts';

const podinfo = (image: string) =>
  aDeployment(image, { replicas: 0, container: { envFrom: [{ configMapRef: { name: 'settings' } }] } });

// The time in which only a person could help was added to the deadline at each look, while it lasted: a run whose config
// was deleted wrote its status again and again, and never came to its deadline.
test('a canary that does not start is given up in time, also when its config is deleted meanwhile', async (t) => {
  const world = await serving(t, { rps: 5 });
  world.apply(aConfigMap('settings', { color: 'blue' }));
  world.apply(podinfo('podinfo:6.0.0'));
  world.startController();
  world.apply(aCanary({ progressDeadlineSeconds: 60 }));
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  world.apply(podinfo('podinfo:6.9.2-unready'));
  await world.clock.until(() => world.canary().run?.stage === 'scaling', 5_000);
  await world.clock.advance(5_000);
  world.remove({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'settings' });
  await world.clock.until(ended(world, 1), 90_000);
  assert.equal(world.canary().history[0]?.cause, 'DeadlineExceeded');
});
