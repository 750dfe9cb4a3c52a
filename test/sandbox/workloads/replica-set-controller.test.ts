import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { deployment, template, user, workloadWorld } from './workload-world.ts';

const replicaSet = (name: string, replicas: number): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name, namespace: 'shop' },
  spec: { replicas, selector: { matchLabels: { app: 'app' } }, template: template() },
});

test('a ready pod is available after minReadySeconds', async () => {
  const world = workloadWorld();
  world.backend.write(deployment({ spec: { replicas: 1, minReadySeconds: 10 } }), user);
  await world.clock.advance(5000);
  const counts = () => {
    const app = world.get('Deployment', 'app');
    return [at(app, 'status', 'readyReplicas'), at(app, 'status', 'availableReplicas')];
  };
  assert.deepEqual(counts(), [1, undefined]);
  await world.clock.advance(6000);
  assert.deepEqual(counts(), [1, 1]);
});

test('of too many pods those that are not ready go first, then the newest', async () => {
  const world = workloadWorld();
  world.backend.write(replicaSet('set', 2), user);
  await world.clock.advance(2000);
  const [oldest] = world.pods();
  assert.ok(oldest);
  world.catalogue.publish('shop/app:1', { neverReady: true });
  world.change(world.get('ReplicaSet', 'set'), { replicas: 3 });
  await world.clock.advance(1000);
  const ready = () => world.pods().filter((pod) => world.condition(pod, 'Ready')[0] === 'True');
  assert.deepEqual([world.pods().length, ready().length], [3, 2]);
  world.change(world.get('ReplicaSet', 'set'), { replicas: 2 });
  await world.clock.advance(100);
  assert.deepEqual([world.pods().length, ready().length], [2, 2]);
});

test('a pod whose labels are taken away is released and replaced', async () => {
  const world = workloadWorld();
  world.backend.write(replicaSet('set', 1), user);
  await world.clock.advance(1000);
  const [pod] = world.pods();
  assert.ok(pod);
  world.backend.write({ ...pod, metadata: { ...pod.metadata, labels: { app: 'debug' } } }, user);
  await world.clock.advance(1000);
  assert.deepEqual(world.get('Pod', pod.metadata.name).metadata.ownerReferences ?? [], []);
  assert.equal(world.pods({ app: 'app' }).length, 1);
});

test('an orphan that two sets select is adopted by one of them', async () => {
  const world = workloadWorld();
  world.backend.write(replicaSet('a', 0), user);
  world.backend.write(replicaSet('b', 0), user);
  await world.clock.advance(100);
  const { metadata, spec } = template();
  world.backend.write(
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'orphan', namespace: 'shop', ...metadata }, spec },
    user,
  );
  const owners = new Set<unknown>();
  world.backend.subscribe(({ object }) => {
    if (object.kind === 'Pod') owners.add(stringAt(object, 'metadata', 'ownerReferences', 0, 'name'));
  });
  await world.clock.advance(3000);
  assert.deepEqual([...owners], [undefined, 'a']);
  assert.equal(world.list('Pod').length, 0);
});
