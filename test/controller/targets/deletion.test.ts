import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, listAt } from '#src/lib/json.ts';
import { canaryRef, type World } from '#test/harness/a-world.ts';
import { ended } from '#test/harness/release.ts';
import { aDaemonSet, aWish, daemonSet, nodesOf, takenOverOnNodes, takenOverService } from '#test/harness/targets.ts';

const LIMIT = 240_000;
const gone = (world: World) => () => world.read(canaryRef()) === undefined;
/** Names of everything of a kind that is left and is not the team's. */
const left = (world: World, apiVersion: string, kind: string): readonly string[] =>
  world.cluster.api
    .list({ apiVersion, kind }, { namespace: 'shop' })
    .filter(({ metadata }) => metadata.labels?.['serin.dev/canary-uid'] !== undefined && kind !== 'CanaryRun')
    .map(({ metadata }) => metadata.name);
const backends = (world: World): readonly unknown[] => {
  const route = world.read({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    namespace: 'shop',
    name: 'podinfo',
  });
  return listAt(route, 'spec', 'rules', 0, 'backendRefs').map((backend) => at(backend, 'name'));
};

test('a Canary of a DaemonSet that is deleted in the middle of a run gives everything back without a lost request', async (t) => {
  const world = await takenOverOnNodes(t);
  world.apply(aDaemonSet('podinfo:6.1.0'));
  await world.clock.until(() => world.canary().canaryWeight === 10, LIMIT);
  const mark = world.load.snapshot();
  world.remove(canaryRef());
  await world.clock.until(gone(world), LIMIT);
  await world.clock.advance(5000);
  assert.equal(world.load.since(mark).failures, 0);
  assert.equal(nodesOf(world, 'podinfo').length, 3);
  for (const kind of ['DaemonSet', 'ControllerRevision']) assert.deepEqual(left(world, 'apps/v1', kind), []);
  assert.deepEqual(backends(world), ['podinfo']);
});

test('a Canary of a Service that is deleted in the middle of a run gives everything back without a lost request', async (t) => {
  const world = await takenOverService(t);
  world.apply(aWish('6.1.0'));
  await world.clock.until(() => world.canary().canaryWeight === 10, LIMIT);
  const mark = world.load.snapshot();
  world.remove(canaryRef());
  await world.clock.until(gone(world), LIMIT);
  await world.clock.advance(5000);
  assert.equal(world.load.since(mark).failures, 0);
  assert.deepEqual(left(world, 'v1', 'Service'), []);
  assert.deepEqual(backends(world), ['podinfo']);
  const rest = world.load.snapshot();
  await world.clock.advance(1000);
  assert.deepEqual(Object.keys(world.load.since(rest).versions), ['6.0.0'], 'what has served serves on');
});

test('where the versions are the team’s own, users are led to them also when the target goes first', async (t) => {
  const world = await takenOverService(t);
  world.apply(aWish('6.1.0'));
  await world.clock.until(ended(world, 1), LIMIT);
  await world.clock.advance(5000);
  const mark = world.load.snapshot();
  world.remove({ apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'wanted' });
  await world.clock.advance(2000);
  world.remove(canaryRef());
  await world.clock.until(gone(world), LIMIT);
  await world.clock.advance(5000);
  assert.equal(world.load.since(mark).failures, 0);
  assert.deepEqual(backends(world), ['podinfo']);
  const apex = world.read({ apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'podinfo' });
  assert.deepEqual(at(apex, 'spec', 'selector'), { app: 'podinfo', version: '6.1.0' });
  assert.deepEqual(Object.keys(world.load.since(mark).versions), ['6.1.0']);
  assert.deepEqual([apex?.metadata.labels ?? {}, left(world, 'v1', 'Service')], [{}, []]);
});

test('a DaemonSet that is deleted with its Canary takes everything along at once', async (t) => {
  const world = await takenOverOnNodes(t);
  world.remove({ apiVersion: 'apps/v1', kind: 'DaemonSet', namespace: 'shop', name: 'podinfo' });
  world.remove(canaryRef());
  await world.clock.until(gone(world), 10_000);
  assert.equal(daemonSet(world, 'podinfo-primary'), undefined);
});

test('what was taken over is of one kind for good', async (t) => {
  const world = await takenOverOnNodes(t);
  const canary = world.read(canaryRef()) ?? assert.fail();
  const { targetRef: _, ...spec } = Object(canary['spec']);
  const targetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' };
  world.apply({
    apiVersion: canary.apiVersion,
    kind: canary.kind,
    metadata: { name: 'podinfo', namespace: 'shop' },
    spec: { ...spec, targetRef },
  });
  await world.clock.advance(1000);
  const stalled = world.canary().conditions.find(({ type }) => type === 'Stalled');
  assert.equal(
    stalled?.message,
    'spec.targetRef.kind: Found "Deployment", but this Canary has taken over "DaemonSet": put that back, or delete this Canary, which gives everything back, and create another',
  );
  assert.equal(nodesOf(world, 'podinfo-primary').length, 3);
  world.remove(canaryRef());
  await world.clock.until(gone(world), LIMIT);
  assert.equal(nodesOf(world, 'podinfo').length, 3);
});
