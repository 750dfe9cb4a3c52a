import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanarySpecInput } from '#src/api/canary.ts';
import { numberAt, stringAt } from '#src/lib/json.ts';
import type { ObjectRef } from '#src/lib/kube-object.ts';
import { UNREACHABLE, type World } from '#test/harness/a-world.ts';
import { diagonal } from '#test/harness/diagonal.ts';
import { guard } from '#test/harness/guard.ts';
import { aCanary, aDeployment, adopting, aRoute, aService } from '#test/harness/manifests.ts';
import { deployment, ended, type Owner, push, serving, takenOver as takenOverBySelf } from '#test/harness/release.ts';

// Whatever happens to what a run stands on, at whatever moment: it comes to an outcome that is true, and users lose no
// request for it.

/** podinfo behind a route that lives in Git, taken over. */
const takenOver = async (owner: Owner, spec: Partial<CanarySpecInput> = {}): Promise<World> => {
  const world = await serving(owner, { rps: 20 });
  world.apply(aRoute());
  world.startController();
  world.apply(aCanary({ ...adopting(), ...spec }));
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  return world;
};

type Stage = 'scaling' | 'shifting' | 'promoting' | 'returning';
const STAGES: readonly Stage[] = ['scaling', 'shifting', 'promoting', 'returning'];
const reach = async (world: World, stage: Stage): Promise<void> => {
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().run?.stage === stage, 120_000);
};
const outcomes = (world: World): readonly string[] =>
  world.canary().history.map(({ images, outcome }) => `${images['app']?.split(':')[1]} ${outcome}`);
const serves = (world: World): string | undefined =>
  stringAt(deployment(world, 'podinfo-primary'), 'spec', 'template', 'spec', 'containers', 0, 'image')
    ?.split('@')[0]
    ?.split(':')[1];
const isSettled = (world: World, image: string) => (): boolean =>
  world.canary().run === undefined &&
  serves(world) === image &&
  world.canary().desired?.revision === world.canary().stable?.revision;

for (const stage of STAGES) {
  test(`a push while a run is ${stage} is the next run, and what was promoted by then stays promoted`, async (t) => {
    const world = await takenOver(t);
    const broken = guard(world);
    const mark = world.load.snapshot();
    await reach(world, stage);
    push(world, 'podinfo:6.2.0');
    await world.clock.until(isSettled(world, '6.2.0'), 240_000);
    const overtaken = stage === 'scaling' || stage === 'shifting' ? 'Superseded' : 'Promoted';
    assert.deepEqual(outcomes(world), ['6.2.0 Promoted', `6.1.0 ${overtaken}`]);
    assert.deepEqual([broken(), world.load.since(mark).failures], [[], 0]);
    await world.clock.advance(5_000);
    assert.equal(deployment(world, 'podinfo-canary'), undefined);
  });

  test(`going back while a run is ${stage} ends with the version from before`, async (t) => {
    const world = await takenOver(t);
    const mark = world.load.snapshot();
    await reach(world, stage);
    push(world, 'podinfo:6.0.0');
    await world.clock.until(isSettled(world, '6.0.0'), 240_000);
    const first =
      stage === 'scaling' || stage === 'shifting' ? ['6.1.0 Withdrawn'] : ['6.0.0 Promoted', '6.1.0 Promoted'];
    assert.deepEqual(outcomes(world), first);
    assert.equal(world.load.since(mark).failures, 0);
  });
}

test('of three pushes within a second the last one is released, and each that had begun has its outcome', async (t) => {
  const world = await takenOver(t);
  const mark = world.load.snapshot();
  for (const image of ['podinfo:6.1.0', 'podinfo:6.9.0-bad', 'podinfo:6.2.0']) {
    push(world, image);
    await world.clock.advance(300);
  }
  await world.clock.until(isSettled(world, '6.2.0'), 240_000);
  const [last, ...others] = outcomes(world);
  assert.equal(last, '6.2.0 Promoted');
  assert.ok(others.length >= 1 && others.every((other) => other.endsWith(' Superseded')), others.join());
  assert.equal(world.load.since(mark).failures, 0);
});

test('three pushes at once are one', async (t) => {
  const world = await takenOver(t);
  for (const image of ['podinfo:6.1.0', 'podinfo:6.9.0-bad', 'podinfo:6.2.0']) push(world, image);
  await world.clock.until(isSettled(world, '6.2.0'), 240_000);
  assert.equal(outcomes(world)[0], '6.2.0 Promoted');
  assert.ok(outcomes(world).length <= 2, outcomes(world).join());
});

for (const [what, image] of [
  ['a push', 'podinfo:6.2.0'],
  ['a revert', 'podinfo:6.0.0'],
] as const) {
  test(`${what} ends a run that is held`, async (t) => {
    const world = await takenOver(t, { metricsServer: UNREACHABLE });
    await reach(world, 'shifting');
    await world.clock.until(() => world.canary().run?.held !== undefined, 700_000);
    push(world, image);
    if (what === 'a revert') await world.clock.until(ended(world, 1), 60_000);
    else
      await world.clock.until(
        () => world.canary().run?.images['app'] === image && world.canary().run?.held === undefined,
        60_000,
      );
    assert.equal(outcomes(world).at(-1), `6.1.0 ${what === 'a push' ? 'Superseded' : 'Withdrawn'}`);
  });
}

const ref = (kind: string, name: string): ObjectRef => ({
  apiVersion: kind === 'Service' ? 'v1' : kind === 'HTTPRoute' ? 'gateway.networking.k8s.io/v1' : 'apps/v1',
  kind,
  namespace: 'shop',
  name,
});

const stalled = (world: World) => {
  const found = world.canary().conditions.find(({ type }) => type === 'Stalled');
  return found?.status === 'True' ? found.message : undefined;
};

const SERVICES = ['podinfo', 'podinfo-primary', 'podinfo-canary'];
for (const [service, when] of diagonal(SERVICES, ['idle', 'shifting', 'promoting'] as const)) {
  test(`Service ${service} that somebody deletes while it is ${when} is made again at once`, async (t) => {
    const world = await takenOver(t);
    if (when !== 'idle') await reach(world, when);
    const before = world.read(ref('Service', service))?.metadata.uid;
    world.remove(ref('Service', service));
    await world.clock.advance(1_000);
    const after = world.read(ref('Service', service));
    assert.ok(after !== undefined && after.metadata.uid !== before);
    if (when !== 'idle') await world.clock.until(isSettled(world, '6.1.0'), 240_000);
    else push(world, 'podinfo:6.1.0');
    await world.clock.until(isSettled(world, '6.1.0'), 240_000);
    assert.deepEqual(outcomes(world), ['6.1.0 Promoted']);
    const mark = world.load.snapshot();
    await world.clock.advance(5_000);
    assert.equal(world.load.since(mark).failures, 0);
  });
}

for (const when of ['idle', 'shifting', 'promoting', 'returning'] as const) {
  test(`the primary that somebody deletes while it is ${when} is made again, of the version that it has to have`, async (t) => {
    const world = await takenOver(t);
    if (when !== 'idle') await reach(world, when);
    world.remove(ref('Deployment', 'podinfo-primary'));
    await world.clock.advance(1_000);
    assert.ok(deployment(world, 'podinfo-primary'));
    assert.equal(serves(world), when === 'promoting' || when === 'returning' ? '6.1.0' : '6.0.0');
    if (when === 'idle') push(world, 'podinfo:6.1.0');
    await world.clock.until(isSettled(world, '6.1.0'), 240_000);
    assert.deepEqual(outcomes(world), ['6.1.0 Promoted']);
    assert.equal(numberAt(deployment(world, 'podinfo-primary'), 'status', 'readyReplicas'), 2);
  });
}

test('the canary that somebody deletes in the middle of a run is made again, and the run begins anew', async (t) => {
  const world = await takenOver(t);
  const mark = world.load.snapshot();
  await reach(world, 'shifting');
  await world.clock.advance(1_000);
  world.remove(ref('Deployment', 'podinfo-canary'));
  await world.clock.until(isSettled(world, '6.1.0'), 240_000);
  assert.deepEqual(outcomes(world), ['6.1.0 Promoted']);
  assert.ok(world.load.since(mark).failures <= 3, `${world.load.since(mark).failures} failed while its pods went`);
});

test('a route that somebody deletes in the middle of a run holds it, and it goes on when the route is back', async (t) => {
  const world = await takenOver(t);
  await reach(world, 'shifting');
  world.remove(ref('HTTPRoute', 'podinfo'));
  await world.clock.advance(10_000);
  assert.match(stalled(world) ?? '', /^spec\.routeRef: HTTPRoute shop\/podinfo does not exist/);
  assert.equal(world.canary().canaryWeight, 10);
  world.apply(aRoute());
  await world.clock.until(isSettled(world, '6.1.0'), 240_000);
  assert.deepEqual(outcomes(world), ['6.1.0 Promoted']);
});

test('a route of Serin’s own that somebody deletes is made again with its weight', async (t) => {
  const world = await takenOverBySelf(t);
  await reach(world, 'shifting');
  world.remove(ref('HTTPRoute', 'podinfo'));
  await world.clock.advance(1_000);
  assert.equal(numberAt(world.read(ref('HTTPRoute', 'podinfo')), 'spec', 'rules', 0, 'backendRefs', 1, 'weight'), 10);
  await world.clock.until(isSettled(world, '6.1.0'), 240_000);
});

for (const propagation of ['Background', 'Foreground'] as const) {
  test(`a target that is deleted (${propagation}) in the middle of a run holds it; a bad version is taken back all the same`, async (t) => {
    const world = await takenOver(t);
    push(world, 'podinfo:6.9.0-bad');
    await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
    world.cluster.api.remove(ref('Deployment', 'podinfo'), { propagation });
    await world.clock.advance(2_000);
    assert.match(
      stalled(world) ?? '',
      /^spec\.targetRef: Deployment shop\/podinfo does not exist: create it again, or delete this Canary/,
    );
    await world.clock.until(() => world.canary().run?.outcome !== undefined, 60_000);
    assert.deepEqual(outcomes(world), ['6.9.0-bad RolledBack']);
    const mark = world.load.snapshot();
    await world.clock.advance(10_000);
    assert.equal(world.load.since(mark).failures, 0, 'the primary serves on');
    world.apply(aDeployment('podinfo:6.2.0', { replicas: 2 }));
    await world.clock.until(isSettled(world, '6.2.0'), 240_000);
    assert.deepEqual(outcomes(world), ['6.2.0 Promoted', '6.9.0-bad RolledBack']);
    assert.equal(numberAt(deployment(world, 'podinfo'), 'spec', 'replicas'), 0);
    assert.equal(world.load.since(mark).failures, 0);
  });
}

test('a target whose deletion somebody holds up is told, and a bad version is taken back all the same', async (t) => {
  const world = await takenOver(t);
  push(world, 'podinfo:6.9.0-bad');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  const target = deployment(world, 'podinfo');
  assert.ok(target);
  world.replace({ ...target, metadata: { ...target.metadata, finalizers: ['example.com/hold'] } });
  world.remove(ref('Deployment', 'podinfo'));
  await world.clock.advance(2_000);
  assert.match(stalled(world) ?? '', /^spec\.targetRef: Deployment shop\/podinfo is being deleted/);
  await world.clock.until(() => world.canary().run?.outcome !== undefined, 60_000);
  assert.deepEqual(outcomes(world), ['6.9.0-bad RolledBack']);
});

test('a target that is deleted between runs and comes back as it was starts no run', async (t) => {
  const world = await takenOver(t);
  world.remove(ref('Deployment', 'podinfo'));
  await world.clock.advance(5_000);
  assert.match(stalled(world) ?? '', /does not exist: create it again/);
  world.apply(aDeployment('podinfo:6.0.0', { replicas: 3 }));
  await world.clock.advance(10_000);
  assert.equal(stalled(world), undefined);
  assert.equal(world.canary().runs, undefined);
  assert.equal(numberAt(deployment(world, 'podinfo'), 'spec', 'replicas'), 0);
});

test('an apex that was deleted and has come back from Git is given back, not taken away, at the end', async (t) => {
  const world = await takenOver(t);
  world.remove(ref('Service', 'podinfo'));
  await world.clock.advance(2_000);
  world.apply(aService());
  await world.clock.advance(2_000);
  const mark = world.load.snapshot();
  world.remove({ apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', namespace: 'shop', name: 'podinfo' });
  await world.clock.until(
    () =>
      world.read({ apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', namespace: 'shop', name: 'podinfo' }) ===
      undefined,
    60_000,
  );
  await world.clock.advance(5_000);
  assert.equal(world.load.since(mark).failures, 0);
  assert.deepEqual(Object(world.read(ref('Service', 'podinfo'))?.['spec'])['selector'], { app: 'podinfo' });
});
