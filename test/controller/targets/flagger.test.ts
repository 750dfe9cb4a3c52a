import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '#src/lib/json.ts';
import { aFlaggerCanary, shop } from '#test/flagger/flagger-manifests.ts';
import { original, phase } from '#test/flagger/flagger-world.ts';
import { aDaemonSet, daemonSet, nodesOf, servingOnNodes } from '#test/harness/targets.ts';

const LIMIT = 240_000;

test('a DaemonSet of a flagger.app Canary is released, and left to Flagger as Flagger holds it', async (t) => {
  const world = await servingOnNodes(t);
  world.remove({ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', namespace: 'shop', name: 'podinfo' });
  world.apply(shop(true));
  world.startController({ settings: { watchFlagger: true } });
  world.apply(aFlaggerCanary({ targetRef: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'podinfo' } }));
  await world.clock.until(() => phase(world) === 'Initialized', LIMIT);
  world.apply(aDaemonSet('podinfo:6.1.0'));
  await world.clock.until(() => phase(world) === 'Succeeded', LIMIT);
  await world.clock.advance(5000);
  const mark = world.load.snapshot();
  const pods = nodesOf(world, 'podinfo-primary');
  assert.equal(pods.length, 3);

  world.apply(shop(false));
  await world.clock.until(() => (original(world)?.metadata.finalizers ?? []).length === 0, LIMIT);
  await world.clock.advance(5000);
  const target = daemonSet(world, 'podinfo');
  assert.deepEqual(at(target, 'spec', 'template', 'spec', 'nodeSelector'), { 'flagger.app/scale-to-zero': 'true' });
  assert.deepEqual(target?.metadata.labels ?? {}, {});
  assert.deepEqual([nodesOf(world, 'podinfo'), nodesOf(world, 'podinfo-primary')], [[], pods]);
  assert.equal(daemonSet(world, 'podinfo-primary')?.metadata.ownerReferences?.[0]?.kind, 'Canary');
  const { failures, versions } = world.load.since(mark);
  assert.deepEqual([failures, Object.keys(versions)], [0, ['6.1.0']]);
});
