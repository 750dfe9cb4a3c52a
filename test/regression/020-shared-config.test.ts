import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { configRefs } from '#src/workload/config-refs.ts';
import { templateOf } from '#src/workload/pod-template.ts';
import { aWorld, canaryRef } from '#test/harness/a-world.ts';
import { aCanary, aConfigMap, aDeployment, anIngress, aService, behindIngress } from '#test/harness/manifests.ts';
import { deployment } from '#test/harness/release.ts';

const app = (name: string): KubeObject =>
  aDeployment('podinfo:6.0.0', { name, replicas: 2, container: { envFrom: [{ configMapRef: { name: 'shared' } }] } });

// Two applications that use one ConfigMap had one copy of it, which went with the first Canary that was deleted: pods of
// the other could not start any more.
test('two Canaries that share a ConfigMap each have a copy, which outlives the other Canary', async (t) => {
  const world = aWorld({ rps: 5 });
  t.after(world.stop);
  world.apply(aConfigMap('shared', { color: 'blue' }));
  for (const name of ['podinfo', 'other']) {
    world.apply(aService(name));
    world.apply(anIngress(name, `${name}.example.com`));
    world.apply(app(name));
  }
  await world.clock.advance(2_000);
  world.startController();
  for (const name of ['podinfo', 'other']) {
    world.apply(aCanary(behindIngress(name), name));
    await world.clock.until(() => world.canary(name).phase === 'Initialized', 60_000);
  }
  const copies = (): readonly string[] =>
    world.cluster.api
      .list({ apiVersion: 'v1', kind: 'ConfigMap' }, { namespace: 'shop' })
      .map(({ metadata }) => metadata.name)
      .filter((name) => name !== 'shared');
  assert.equal(copies().length, 2);

  world.remove(canaryRef('other'));
  await world.clock.until(() => world.read(canaryRef('other')) === undefined, 60_000);
  const primary = deployment(world, 'podinfo-primary');
  assert.deepEqual(primary && configRefs(templateOf(primary)).map(({ name }) => name), copies());
});
