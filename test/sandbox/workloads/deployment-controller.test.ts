import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, recordAt, stringAt } from '#src/lib/json.ts';
import { deployment, template, user, workloadWorld } from './workload-world.ts';

test('a Deployment gets a ReplicaSet and ready pods, and says so', async () => {
  const world = workloadWorld();
  world.backend.write(deployment(), user);
  await world.clock.advance(1000);

  const [set, ...others] = world.list('ReplicaSet');
  assert.equal(others.length, 0);
  const hash = set?.metadata.labels?.['pod-template-hash'] ?? '';
  assert.match(hash, /^[0-9a-f]{10}$/);
  assert.equal(set?.metadata.name, `app-${hash}`);
  assert.deepEqual(recordAt(set, 'spec', 'selector', 'matchLabels'), { app: 'app', 'pod-template-hash': hash });
  assert.equal(set?.metadata.ownerReferences?.[0]?.controller, true);
  assert.equal(set?.metadata.annotations?.['deployment.kubernetes.io/revision'], '1');

  const pods = world.pods();
  assert.equal(pods.length, 2);
  for (const pod of pods) {
    assert.match(pod.metadata.name, new RegExp(`^app-${hash}-[a-z0-9]{5}$`));
    assert.deepEqual(pod.metadata.labels, { app: 'app', 'pod-template-hash': hash });
    assert.equal(pod.metadata.ownerReferences?.[0]?.uid, set?.metadata.uid);
  }

  const app = world.get('Deployment', 'app');
  const { conditions: _, ...counts } = recordAt(app, 'status');
  assert.deepEqual(counts, {
    observedGeneration: 1,
    replicas: 2,
    updatedReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
  });
  assert.equal(app.metadata.generation, 1);
  assert.deepEqual(world.condition(app, 'Available'), ['True', 'MinimumReplicasAvailable']);
  assert.deepEqual(world.condition(app, 'Progressing'), ['True', 'NewReplicaSetAvailable']);
});

test('at 0 replicas each template gets its own ReplicaSet, an old template finds its old one, and all looks healthy', async () => {
  const world = workloadWorld();
  world.backend.write(deployment({ spec: { replicas: 0 } }), user);
  await world.clock.advance(200);
  const first = world.list('ReplicaSet')[0]?.metadata.name;
  world.change(world.get('Deployment', 'app'), { template: template({ image: 'shop/app:2' }) });
  await world.clock.advance(200);
  assert.equal(world.list('ReplicaSet').length, 2);
  assert.equal(world.pods().length, 0);
  const second = world.get('Deployment', 'app');
  assert.equal(second.metadata.annotations?.['deployment.kubernetes.io/revision'], '2');
  assert.equal(at(second, 'status', 'observedGeneration'), second.metadata.generation);
  assert.deepEqual(world.condition(second, 'Available'), ['True', 'MinimumReplicasAvailable']);
  assert.deepEqual(world.condition(second, 'Progressing'), ['True', 'NewReplicaSetAvailable']);

  world.change(second, { template: template() });
  await world.clock.advance(200);
  assert.equal(world.list('ReplicaSet').length, 2);
  const again = world.list('ReplicaSet').find((set) => set.metadata.name === first);
  assert.equal(again?.metadata.annotations?.['deployment.kubernetes.io/revision'], '3');
});

test('a rolling update never goes below maxUnavailable nor above maxSurge', async () => {
  const world = workloadWorld();
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  world.backend.write(deployment({ spec: { replicas: 3, strategy } }), user);
  await world.clock.advance(1000);
  let most = 0;
  let fewestReady = 3;
  world.backend.subscribe(() => {
    const pods = world.pods();
    const ready = pods.filter((pod) => world.condition(pod, 'Ready')[0] === 'True');
    most = Math.max(most, pods.length);
    fewestReady = Math.min(fewestReady, ready.length);
  });
  world.change(world.get('Deployment', 'app'), { template: template({ image: 'shop/app:slow' }) });
  await world.clock.advance(1000);
  assert.deepEqual(world.condition(world.get('Deployment', 'app'), 'Progressing'), ['True', 'ReplicaSetUpdated']);
  await world.clock.advance(10_000);
  assert.equal(most, 4);
  assert.equal(fewestReady, 3);
  assert.deepEqual(
    world.pods().map((pod) => stringAt(pod, 'spec', 'containers', 0, 'image')),
    ['shop/app:slow', 'shop/app:slow', 'shop/app:slow'],
  );
  assert.deepEqual(world.condition(world.get('Deployment', 'app'), 'Progressing'), ['True', 'NewReplicaSetAvailable']);
});

test('Recreate starts the new pods when the last old one is gone', async () => {
  const world = workloadWorld({ drainMs: 5000 });
  world.backend.write(deployment({ spec: { strategy: { type: 'Recreate' } } }), user);
  await world.clock.advance(1000);
  world.change(world.get('Deployment', 'app'), { template: template({ image: 'shop/app:2' }) });
  await world.clock.advance(4000);
  assert.equal(world.pods().length, 0);
  assert.equal(world.list('Pod').length, 2);
  await world.clock.advance(2000);
  assert.equal(world.pods().length, 2);
  assert.equal(stringAt(world.pods()[0], 'spec', 'containers', 0, 'image'), 'shop/app:2');
});

test('a rollout that gets nowhere is told after its progress deadline, and recovers', async () => {
  const world = workloadWorld();
  world.backend.write(deployment({ spec: { progressDeadlineSeconds: 30 } }), user);
  await world.clock.advance(1000);
  world.change(world.get('Deployment', 'app'), { template: template({ image: 'shop/app:never' }) });
  await world.clock.advance(20_000);
  assert.equal(world.condition(world.get('Deployment', 'app'), 'Progressing')[0], 'True');
  await world.clock.advance(15_000);
  const stuck = world.get('Deployment', 'app');
  assert.deepEqual(world.condition(stuck, 'Progressing'), ['False', 'ProgressDeadlineExceeded']);
  assert.deepEqual(world.condition(stuck, 'Available'), ['True', 'MinimumReplicasAvailable']);
  world.change(stuck, { template: template({ image: 'shop/app:2' }) });
  await world.clock.advance(5000);
  assert.deepEqual(world.condition(world.get('Deployment', 'app'), 'Progressing'), ['True', 'NewReplicaSetAvailable']);
});

test('a paused Deployment takes no new template, but a new size', async () => {
  const world = workloadWorld();
  world.backend.write(deployment(), user);
  await world.clock.advance(1000);
  const paused = { paused: true, replicas: 3, template: template({ image: 'shop/app:2' }) };
  const app = world.change(world.get('Deployment', 'app'), paused);
  await world.clock.advance(1000);
  assert.equal(world.list('ReplicaSet').length, 1);
  assert.equal(world.pods().length, 3);
  assert.deepEqual(world.condition(world.get('Deployment', 'app'), 'Progressing'), ['Unknown', 'DeploymentPaused']);
  world.change({ ...app, ...world.get('Deployment', 'app') }, { paused: false });
  await world.clock.advance(5000);
  assert.equal(world.list('ReplicaSet').length, 2);
  assert.deepEqual(world.condition(world.get('Deployment', 'app'), 'Progressing'), ['True', 'NewReplicaSetAvailable']);
});

test('old ReplicaSets beyond the history limit go, oldest first', async () => {
  const world = workloadWorld();
  world.backend.write(deployment({ spec: { replicas: 0, revisionHistoryLimit: 2 } }), user);
  for (let i = 0; i < 5; i++) {
    await world.clock.advance(200);
    world.change(world.get('Deployment', 'app'), {
      template: template({ container: { env: [{ name: 'N', value: `${i}` }] } }),
    });
  }
  await world.clock.advance(200);
  const revisions = world
    .list('ReplicaSet')
    .map((set) => set.metadata.annotations?.['deployment.kubernetes.io/revision']);
  assert.deepEqual(revisions.sort(), ['4', '5', '6']);
});

test('overlapping selectors adopt nothing that another owns, and orphans are adopted', async () => {
  const world = workloadWorld();
  world.backend.write(deployment(), user);
  const roles = { app: 'app', 'serin.dev/role': 'primary' };
  world.backend.write(deployment({ name: 'app-primary', labels: roles, image: 'shop/app:2' }), user);
  await world.clock.advance(1000);
  const ownerOf = (name: string) =>
    world.list('ReplicaSet').filter((set) => set.metadata.ownerReferences?.[0]?.name === name).length;
  assert.deepEqual([ownerOf('app'), ownerOf('app-primary')], [1, 1]);
  assert.equal(world.pods().length, 4);
  assert.equal(world.pods(roles).length, 2);

  const [mine] = world.pods(roles);
  assert.ok(mine);
  const set = mine.metadata.ownerReferences?.[0]?.uid;
  world.backend.write({ ...mine, metadata: { ...mine.metadata, ownerReferences: [] } }, user);
  await world.clock.advance(1000);
  assert.equal(world.get('Pod', mine.metadata.name).metadata.ownerReferences?.[0]?.uid, set);
  assert.equal(world.pods().length, 4);
});

test('what the API refuses is tried again, and disturbs nobody else', async () => {
  const world = workloadWorld();
  let closed = true;
  world.backend.admit({ group: '', kind: 'Pod' }, (object) =>
    closed && object.metadata.labels?.['app'] === 'app'
      ? { problems: [{ field: 'spec', message: 'quota exceeded' }] }
      : { object },
  );
  world.backend.write(deployment(), user);
  world.backend.write(deployment({ name: 'other' }), user);
  await world.clock.advance(2000);
  assert.deepEqual([world.pods({ app: 'app' }).length, world.pods({ app: 'other' }).length], [0, 2]);
  closed = false;
  await world.clock.advance(2000);
  assert.equal(world.pods({ app: 'app' }).length, 2);
});

test('a namespace that is deleted takes its workloads along', async () => {
  const world = workloadWorld();
  world.backend.write(deployment(), user);
  await world.clock.advance(1000);
  world.backend.remove({ apiVersion: 'v1', kind: 'Namespace', name: 'shop' });
  await world.clock.advance(10_000);
  assert.deepEqual(
    [world.list('Deployment').length, world.list('ReplicaSet').length, world.list('Pod').length],
    [0, 0, 0],
  );
});

test('a rollout that is slow but steady never runs into its deadline', async () => {
  const world = workloadWorld();
  world.catalogue.publish('shop/app:steady', { readyAfterMs: 20_000 });
  const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  world.backend.write(deployment({ spec: { replicas: 3, strategy, progressDeadlineSeconds: 30 } }), user);
  await world.clock.advance(1000);
  const told = new Set<unknown>();
  world.backend.subscribe(({ object }) => {
    if (object.kind === 'Deployment') told.add(world.condition(object, 'Progressing')[1]);
  });
  world.change(world.get('Deployment', 'app'), { template: template({ image: 'shop/app:steady' }) });
  await world.clock.advance(90_000);
  assert.deepEqual([...told], ['NewReplicaSetAvailable', 'NewReplicaSetCreated', 'ReplicaSetUpdated']);
  assert.deepEqual(world.condition(world.get('Deployment', 'app'), 'Progressing'), ['True', 'NewReplicaSetAvailable']);
});
