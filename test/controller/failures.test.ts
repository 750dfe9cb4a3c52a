import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberAt, stringAt } from '#src/lib/json.ts';
import type { World } from '#test/harness/a-world.ts';
import { aGitCanary, bump, takenOverFromGit } from '#test/harness/git-release.ts';
import { aCanary, aDeployment } from '#test/harness/manifests.ts';
import { deployment, ended, push, takenOver } from '#test/harness/release.ts';

// A version that fails is taken back with the reason that its pods give, and nothing of it keeps the next one out.

const quick = { progressDeadlineSeconds: 30 };
const primaryImage = (world: World): string =>
  stringAt(deployment(world, 'podinfo-primary'), 'spec', 'template', 'spec', 'containers', 0, 'image') ?? '';
const outcomes = (world: World): readonly string[] =>
  world
    .canary()
    .history.map(({ images, outcome, cause }) =>
      [images['app']?.split(':')[1], outcome, cause].filter(Boolean).join(' '),
    );

const readinessProbe = { httpGet: { path: '/readyz', port: 'http' } };
for (const [image, why] of [
  [
    'podinfo:6.9.2-unready',
    'container app: running, but not ready: its readiness probe (GET /readyz at port http) does not pass',
  ],
  [
    'podinfo:6.9.3-unpullable',
    'container app: ImagePullBackOff: Back-off pulling image "podinfo:6.9.3-unpullable": ErrImagePull: manifest unknown',
  ],
  ['podinfo:6.9.4-dies', 'container app: CrashLoopBackOff: exited with 3'],
] as const) {
  test(`${image} is taken back at its deadline with what its pods say, and gets no request`, async (t) => {
    const world = await takenOver(t, aCanary(quick));
    world.images.publish('podinfo:6.9.4-dies', { crash: { afterMs: 100, exitCode: 3 }, readyAfterMs: 1_000 });
    const mark = world.load.snapshot();
    world.apply(aDeployment(image, { replicas: 0, container: { readinessProbe } }));
    await world.clock.until(ended(world, 1), 90_000);
    assert.deepEqual(outcomes(world), [`${image.split(':')[1]} RolledBack DeadlineExceeded`]);
    const { sentence = '' } = world.canary().history[0] ?? {};
    assert.match(
      sentence,
      /^Rolled back after \d+ s: podinfo-canary was not ready within 30 s: 0 of 1 pods ready: pod podinfo-canary-\S+: /,
    );
    assert.ok(sentence.endsWith(why), sentence);
    const { versions, failures } = world.load.since(mark);
    assert.deepEqual([Object.keys(versions), failures], [['6.0.0'], 0]);
  });
}

test('a version that the primary cannot run goes back, while the canary serves and users notice nothing', async (t) => {
  const world = await takenOver(t, aCanary(quick));
  const mark = world.load.snapshot();
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().phase === 'Promoting', 60_000);
  // What runs goes on; nothing that starts from now on becomes ready.
  world.images.publish('podinfo:6.1.0', { neverReady: true });
  await world.clock.until(() => world.canary().run?.cause === 'PromotionFailed', 60_000);
  await world.clock.until(ended(world, 1), 90_000);
  assert.deepEqual(outcomes(world), ['6.1.0 RolledBack PromotionFailed']);
  assert.match(
    world.canary().history[0]?.sentence ?? '',
    /^Rolled back at 50 % after .*: podinfo-primary was not ready with revision \S+: .*running, but not ready$/,
  );
  assert.ok(primaryImage(world).startsWith('podinfo:6.0.0'));
  assert.equal(numberAt(deployment(world, 'podinfo-primary'), 'status', 'readyReplicas'), 2);
  assert.equal(world.load.since(mark).failures, 0);
  push(world, 'podinfo:6.2.0');
  await world.clock.until(ended(world, 2), 120_000);
  assert.equal(outcomes(world)[0], '6.2.0 Promoted');
});

test('a primary that somebody has paused is named when its promotion fails', async (t) => {
  const world = await takenOver(t, aCanary(quick));
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 50, 60_000);
  const primary = deployment(world, 'podinfo-primary');
  assert.ok(primary);
  world.replace({ ...primary, spec: { ...Object(primary['spec']), paused: true } });
  await world.clock.until(ended(world, 1), 120_000);
  assert.match(
    world.canary().history[0]?.sentence ?? '',
    /podinfo-primary was not ready with revision \S+: it is paused, as kubectl has set it: set its spec\.paused to false$/,
  );
});

const afterFailure =
  (git: boolean) =>
  async (t: Parameters<typeof takenOver>[0]): Promise<World> => {
    const world = git ? await takenOverFromGit(t, { canary: aGitCanary() }) : await takenOver(t);
    if (git) bump(world, 'podinfo:6.9.0-bad');
    else push(world, 'podinfo:6.9.0-bad');
    return world;
  };

for (const git of [false, true]) {
  const release = (world: World, image: string): void => {
    if (git) bump(world, image);
    else push(world, image);
  };
  const where = git ? ', from Git' : '';
  test(`a push right when a run fails is the next run${where}`, async (t) => {
    const world = await afterFailure(git)(t);
    await world.clock.until(() => world.canary().run?.stage === 'ending', 60_000);
    release(world, 'podinfo:6.2.0');
    await world.clock.until(() => primaryImage(world).startsWith('podinfo:6.2.0'), 120_000);
    await world.clock.until(() => world.canary().run === undefined, 60_000);
    assert.deepEqual(outcomes(world), ['6.2.0 Promoted', '6.9.0-bad RolledBack ThresholdReached']);
  });

  test(`a push while the controller is down after a failure is run when it is back${where}`, async (t) => {
    const world = await afterFailure(git)(t);
    await world.clock.until(() => world.canary().run?.stage === 'ending', 60_000);
    world.killControllers();
    release(world, 'podinfo:6.2.0');
    await world.clock.advance(60_000);
    world.startController();
    await world.clock.until(() => primaryImage(world).startsWith('podinfo:6.2.0'), 120_000);
    await world.clock.until(() => world.canary().run === undefined, 60_000);
    assert.deepEqual(outcomes(world), ['6.2.0 Promoted', '6.9.0-bad RolledBack ThresholdReached']);
  });
}

test('the same version pushed again after another was asked for is run again where Git is not written', async (t) => {
  const world = await afterFailure(false)(t);
  await world.clock.until(ended(world, 1), 60_000);
  push(world, 'podinfo:6.0.0');
  await world.clock.advance(2_000);
  push(world, 'podinfo:6.9.0-bad');
  await world.clock.until(ended(world, 2), 60_000);
  assert.deepEqual(outcomes(world), ['6.9.0-bad RolledBack ThresholdReached', '6.9.0-bad RolledBack ThresholdReached']);
});
