import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { canaryRef, type World } from '#test/harness/a-world.ts';
import { aGitCanary, takenOverFromGit } from '#test/harness/git-release.ts';
import { aCanary } from '#test/harness/manifests.ts';
import { deployment, push, serving, takenOver } from '#test/harness/release.ts';

// A Canary can always be deleted, whatever is wrong with it: a finalizer that hangs takes the namespace with it.

const gone = (world: World) => () => world.read(canaryRef()) === undefined;
const MINE = ['Deployment', 'ControllerRevision'] as const;
const left = (world: World): readonly string[] =>
  MINE.flatMap((kind) => world.cluster.api.list({ apiVersion: 'apps/v1', kind }, { namespace: 'shop' }))
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    .filter((name) => name !== 'Deployment podinfo');

/** The Canary with a spec that nobody understands, written where nothing validates it. */
const nonsense = (): KubeObject => ({ ...aCanary(), spec: { targetRef: 'podinfo', analysis: { interval: 'soon' } } });

test('a Canary that was never understood goes at once', async (t) => {
  const world = await serving(t, { admitsSerin: false });
  world.startController();
  world.apply(nonsense());
  await world.clock.advance(2000);
  world.remove(canaryRef());
  await world.clock.until(gone(world), 5000);
});

test('a Canary whose spec has become nonsense gives everything back all the same', async (t) => {
  const world = await takenOver(t, aCanary(), { admitsSerin: false });
  world.apply(nonsense());
  await world.clock.advance(2000);
  world.remove(canaryRef());
  await world.clock.until(gone(world), 60_000);
  assert.equal(numberAt(deployment(world, 'podinfo'), 'status', 'readyReplicas'), 2);
  assert.deepEqual(left(world), []);
});

test('a Canary with a mistake in the middle of a run can be deleted', async (t) => {
  const world = await takenOverFromGit(t);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  world.remove({ apiVersion: 'serin.dev/v1alpha1', kind: 'Repository', namespace: 'shop', name: 'config' });
  await world.clock.until(
    () => world.canary().conditions.some(({ type, status }) => type === 'Stalled' && status === 'True'),
    10_000,
  );
  world.remove(canaryRef());
  await world.clock.until(gone(world), 60_000);
  assert.deepEqual(left(world), []);
});

test('a Canary is deleted together with its target', async (t) => {
  const world = await takenOver(t);
  world.remove({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'podinfo' });
  world.remove(canaryRef());
  await world.clock.until(gone(world), 10_000);
  assert.deepEqual(left(world), []);
});

test('a Canary is deleted with its whole namespace', async (t) => {
  const world = await takenOverFromGit(t, { canary: aGitCanary() });
  world.remove({ apiVersion: 'v1', kind: 'Namespace', name: 'shop' });
  await world.clock.until(gone(world), 30_000);
});

test('a Canary whose route is gone can be deleted', async (t) => {
  const world = await takenOverFromGit(t);
  world.remove({ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', namespace: 'shop', name: 'podinfo' });
  await world.clock.advance(2000);
  world.remove(canaryRef());
  await world.clock.until(gone(world), 60_000);
  assert.deepEqual(left(world), []);
});

test('a Canary that is deleted while it takes over leaves the target as it was', async (t) => {
  const world = await serving(t);
  world.startController();
  world.apply(aCanary());
  await world.clock.until(() => deployment(world, 'podinfo-primary') !== undefined, 10_000);
  const mark = world.load.snapshot();
  world.remove(canaryRef());
  await world.clock.until(gone(world), 60_000);
  assert.equal(numberAt(deployment(world, 'podinfo'), 'spec', 'replicas'), 2);
  assert.deepEqual(left(world), []);
  assert.equal(world.load.since(mark).versions['6.0.0']?.failures ?? 0, 0);
});
