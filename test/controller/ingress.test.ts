import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { aWorld, canaryRef, type World } from '#test/harness/a-world.ts';
import { aCanary, aDeployment, anIngress, aService, behindIngress } from '#test/harness/manifests.ts';
import { deployment, ended, type Owner, push, serving } from '#test/harness/release.ts';

// The same releases through ingress-nginx: a second Ingress with canary annotations, and no status to go by.

const ingress = (world: World, name: string): KubeObject | undefined =>
  world.read({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', namespace: 'shop', name });

const takenOver = async (owner: Owner): Promise<World> => {
  const world = await serving(owner);
  world.apply(anIngress());
  await world.clock.advance(1000);
  world.startController();
  world.apply(aCanary({ ...behindIngress() }));
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  return world;
};

test('takes over without a lost request, and leaves the Ingress of the team as it is', async (t) => {
  const world = await serving(t);
  world.apply(anIngress());
  await world.clock.advance(1000);
  const [before, mark] = [ingress(world, 'podinfo'), world.load.snapshot()];
  world.startController();
  world.apply(aCanary({ ...behindIngress() }));
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  await world.clock.advance(5000);
  assert.equal(world.load.since(mark).failures, 0);
  assert.deepEqual(ingress(world, 'podinfo')?.['spec'], before?.['spec']);
  assert.deepEqual(ingress(world, 'podinfo')?.metadata.annotations, before?.metadata.annotations);
});

test('promotes a good release without a failed request', async (t) => {
  const world = await takenOver(t);
  const mark = world.load.snapshot();
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 10, 30_000);
  const atTen = world.load.snapshot();
  await world.clock.until(() => world.canary().canaryWeight === 50, 30_000);
  const { requests, versions } = world.load.since(atTen);
  const share = (versions['6.1.0']?.requests ?? 0) / requests;
  assert.ok(share > 0.04 && share < 0.2, `the split is by chance, near 10 %: ${share}`);
  await world.clock.until(ended(world, 1), 120_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
  await world.clock.advance(5000);
  assert.equal(world.load.since(mark).failures, 0);
  const image = stringAt(deployment(world, 'podinfo-primary'), 'spec', 'template', 'spec', 'containers', 0, 'image');
  assert.match(image ?? '', /^podinfo:6\.1\.0@sha256:/);
  assert.equal(stringAt(ingress(world, 'podinfo-canary'), 'spec', 'ingressClassName'), 'serin-parked');
});

test('takes a bad release back; only the canary’s share ever failed', async (t) => {
  const world = await takenOver(t);
  const mark = world.load.snapshot();
  push(world, 'podinfo:6.9.0-bad');
  await world.clock.until(ended(world, 1), 120_000);
  assert.equal(world.canary().history[0]?.outcome, 'RolledBack');
  assert.equal(world.canary().history[0]?.cause, 'ThresholdReached');
  const counted = world.load.since(mark);
  assert.equal(counted.failures, counted.versions['6.9.0-bad']?.failures);
  const rest = world.load.snapshot();
  await world.clock.advance(10_000);
  assert.deepEqual(Object.keys(world.load.since(rest).versions), ['6.0.0']);
});

test('deleting the Canary removes the canary Ingress without a lost request', async (t) => {
  const world = await takenOver(t);
  const mark = world.load.snapshot();
  world.remove(canaryRef());
  await world.clock.until(() => world.read(canaryRef()) === undefined, 60_000);
  await world.clock.advance(5000);
  assert.equal(ingress(world, 'podinfo-canary'), undefined);
  assert.equal(world.load.since(mark).failures, 0);
});

test('a target that leaves no pod while it changes is refused: ingress-nginx would answer 503', async (t) => {
  const world = aWorld();
  t.after(() => world.stop());
  const target = aDeployment('podinfo:6.0.0', { replicas: 2 });
  world.apply({ ...target, spec: { ...recordAt(target, 'spec'), strategy: { type: 'Recreate' } } });
  world.apply(aService());
  world.apply(anIngress());
  world.startController();
  world.apply(aCanary({ ...behindIngress() }));
  await world.clock.advance(10_000);
  const stalled = world.canary().conditions.find(({ type }) => type === 'Stalled');
  assert.match(stalled?.message ?? '', /^Deployment shop\/podinfo: spec\.strategy is Recreate.*want RollingUpdate$/);
  assert.equal(deployment(world, 'podinfo-primary'), undefined);
});
