import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { sandboxNode } from '#src/sandbox/workloads/sandbox-node.ts';
import { type DeploymentTraits, service, template, user, workloadWorld } from './workload-world.ts';

const daemonSet = ({ spec = {}, ...traits }: DeploymentTraits = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'app', namespace: 'shop' },
  spec: { selector: { matchLabels: { app: 'app' } }, template: template(traits), ...spec },
});

/** A world of three nodes on which the DaemonSet runs. */
const running = async (traits: DeploymentTraits = {}) => {
  const world = workloadWorld();
  for (const name of ['b', 'c']) world.backend.write(sandboxNode(name), user);
  world.backend.write(daemonSet(traits), user);
  await world.clock.advance(1000);
  return world;
};
type Running = Awaited<ReturnType<typeof running>>;

const nodes = (world: Running): readonly unknown[] =>
  world
    .pods()
    .map((pod) => stringAt(pod, 'spec', 'nodeName'))
    .sort();
const counts = (world: Running): readonly unknown[] => {
  const app = world.get('DaemonSet', 'app');
  return ['desiredNumberScheduled', 'updatedNumberScheduled', 'numberAvailable'].map((field) =>
    at(app, 'status', field),
  );
};

test('a DaemonSet serves from a pod on each node', async () => {
  const world = await running();
  world.backend.write(service('app'), user);
  await world.clock.advance(100);
  assert.deepEqual(nodes(world), ['b', 'c', 'sandbox']);
  assert.deepEqual(counts(world), [3, 3, 3]);
  const [slice] = world.list('EndpointSlice');
  assert.deepEqual(
    [0, 1, 2].map((index) => at(slice, 'endpoints', index, 'conditions', 'ready')),
    [true, true, true],
  );
});

test('a node that comes gets a pod; the pod of one that goes ends with it', async () => {
  const world = await running();
  world.backend.write(sandboxNode('d'), user);
  await world.clock.advance(1000);
  assert.deepEqual(nodes(world), ['b', 'c', 'd', 'sandbox']);
  world.backend.remove({ apiVersion: 'v1', kind: 'Node', name: 'b' });
  await world.clock.advance(1000);
  assert.deepEqual(nodes(world), ['c', 'd', 'sandbox']);
  assert.deepEqual(counts(world), [3, 3, 3]);
});

test('an update with surge keeps every node served, one without takes a node out at a time', async () => {
  for (const [rollingUpdate, least, most] of [
    [{ maxSurge: 1, maxUnavailable: 0 }, 3, 4],
    [{ maxSurge: 0, maxUnavailable: 1 }, 2, 3],
  ] as const) {
    const world = await running({ spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate } } });
    world.change(world.get('DaemonSet', 'app'), { template: template({ image: 'shop/app:2' }) });
    const seen = { least: 3, most: 3 };
    for (
      let step = 0;
      step < 400 && !world.pods().every((pod) => at(pod, 'spec', 'containers', 0, 'image') === 'shop/app:2');
      step++
    ) {
      await world.clock.advance(50);
      const ready = world.pods().filter((pod) => world.condition(pod, 'Ready')[0] === 'True').length;
      seen.least = Math.min(seen.least, ready);
      seen.most = Math.max(seen.most, world.pods().length);
    }
    assert.deepEqual(seen, { least, most });
    await world.clock.advance(2000);
    assert.deepEqual(counts(world), [3, 3, 3]);
  }
});

test('an update stops at the first pod that does not come up', async () => {
  const world = await running();
  world.change(world.get('DaemonSet', 'app'), { template: template({ image: 'shop/app:never' }) });
  await world.clock.advance(60_000);
  assert.deepEqual(counts(world), [3, 1, 2]);
});
