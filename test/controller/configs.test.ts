import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { World } from '#test/harness/a-world.ts';
import { deploymentYaml, MANIFEST, outcomesInGit } from '#test/harness/git-release.ts';
import { aCanary, aConfigMap, aDeployment, aRepository, aSecret } from '#test/harness/manifests.ts';
import { deployment, ended, type Owner, serving } from '#test/harness/release.ts';

// The application's settings are part of what is judged: a change of them alone is a release like any other.

const PASSWORD = 'correct-horse-battery-staple';
const REFERENCES = { envFrom: [{ configMapRef: { name: 'settings' } }, { secretRef: { name: 'login' } }] };
const GIT = { repositoryRef: { name: 'config' }, path: 'apps/podinfo', onFailure: 'revert' } as const;

const settings = (color: string, errorRate = 0): KubeObject =>
  aConfigMap('settings', { SANDBOX_VERSION: color, SANDBOX_ERROR_RATE: `${errorRate}` });

/** podinfo 6.0.0 serves in blue, taken over; its settings stand in a ConfigMap and a Secret. */
const inBlue = async (owner: Owner): Promise<World> => {
  const world = await serving(owner, { rps: 20 });
  world.git.push({ files: { [MANIFEST]: deploymentYaml('podinfo:6.0.0') }, message: 'Add podinfo' });
  world.apply(aSecret('config-git', { bearerToken: 'hunter2' }));
  world.apply(aRepository());
  world.apply(settings('blue'));
  world.apply(aSecret('login', { PASSWORD }));
  world.apply(aDeployment('podinfo:6.0.0', { replicas: 2, container: REFERENCES }));
  await world.clock.advance(5000);
  world.startController();
  world.apply(aCanary({ git: GIT }));
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  return world;
};

const copies = ({ cluster }: World, kind: 'ConfigMap' | 'Secret' = 'ConfigMap'): readonly KubeObject[] =>
  cluster.api
    .list({ apiVersion: 'v1', kind }, { namespace: 'shop' })
    .filter(({ metadata }) => metadata.labels?.['serin.dev/canary-uid'] !== undefined);
const colors = (world: World): readonly unknown[] =>
  copies(world)
    .map((copy) => at(copy, 'data', 'SANDBOX_VERSION'))
    .sort();
/** The color of the settings that a workload refers to. */
const colorOf = (world: World, workload: string): unknown => {
  const containers = ['spec', 'template', 'spec', 'containers', 0] as const;
  const name = stringAt(deployment(world, workload), ...containers, 'envFrom', 0, 'configMapRef', 'name') ?? '';
  return at(world.read({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name }), 'data', 'SANDBOX_VERSION');
};

test('primary and canary refer to immutable copies, never to what may change', async (t) => {
  const world = await inBlue(t);
  const [copy, ...others] = copies(world);
  assert.match(copy?.metadata.name ?? '', /^settings-[0-9a-f]{10}$/);
  assert.deepEqual([copy?.['immutable'], others.length, copies(world, 'Secret').length], [true, 0, 1]);
  assert.equal(colorOf(world, 'podinfo-primary'), 'blue');
  const mark = world.load.snapshot();
  world.apply(settings('green'));
  await world.clock.until(() => world.canary().canaryWeight === 10, 30_000);
  assert.equal(colorOf(world, 'podinfo-primary'), 'blue', 'what serves is as it was');
  assert.equal(colorOf(world, 'podinfo-canary'), 'green');
  assert.ok((world.load.since(mark).versions['green']?.requests ?? 0) < 5);
});

test('new settings are judged and promoted, and old ones are collected', async (t) => {
  const world = await inBlue(t);
  world.apply(settings('green'));
  await world.clock.until(ended(world, 1), 60_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
  assert.equal(colorOf(world, 'podinfo-primary'), 'green');
  await world.clock.advance(5000);
  assert.deepEqual(colors(world), ['blue', 'green'], 'the last good ones are kept to go back to');

  world.apply(settings('red'));
  await world.clock.until(ended(world, 2), 60_000);
  await world.clock.advance(5000);
  assert.deepEqual(colors(world), ['green', 'red']);
  assert.equal(copies(world, 'Secret').length, 1, 'the same password, one copy');
});

test('bad settings are taken back with the version, and recorded in Git, which has no image to revert', async (t) => {
  const world = await inBlue(t);
  world.apply(settings('green', 0.5));
  await world.clock.until(ended(world, 1), 60_000);
  assert.equal(world.canary().history[0]?.outcome, 'RolledBack');
  assert.equal(colorOf(world, 'podinfo-primary'), 'blue');
  await world.clock.advance(5000);
  assert.deepEqual(colors(world), ['blue'], 'nothing of the rejected revision is left');
  const [commit, ...others] = outcomesInGit(world);
  assert.deepEqual(others, []);
  assert.match(commit?.message ?? '', /^Serin-Outcome: RolledBack$/m);
  assert.equal(commit?.files[MANIFEST], deploymentYaml('podinfo:6.0.0'));

  const mark = world.load.snapshot();
  await world.clock.advance(10_000);
  assert.deepEqual(Object.keys(world.load.since(mark).versions), ['blue']);
  world.apply(settings('blue'));
  await world.clock.until(
    () => world.canary().conditions.find(({ type }) => type === 'Ready')?.status === 'True',
    10_000,
  );
  assert.equal(world.canary().runs, 1, 'going back is no release');
});

test('settings that change in the middle of a run supersede it', async (t) => {
  const world = await inBlue(t);
  world.apply(settings('green'));
  await world.clock.until(() => world.canary().canaryWeight === 10, 30_000);
  world.apply(settings('red'));
  await world.clock.until(ended(world, 2), 90_000);
  assert.deepEqual(
    world.canary().history.map(({ outcome }) => outcome),
    ['Promoted', 'Superseded'],
  );
  assert.equal(colorOf(world, 'podinfo-primary'), 'red');
});

test('settings that are not there hold the start of a run, in words', async (t) => {
  const world = await inBlue(t);
  const more = { envFrom: [...REFERENCES.envFrom, { configMapRef: { name: 'extras' } }] };
  world.apply(aDeployment('podinfo:6.1.0', { replicas: 0, container: more }));
  await world.clock.advance(20_000);
  assert.equal(world.canary().run, undefined);
  const { conditions } = world.canary();
  assert.ok(
    conditions.some(({ message }) => message.includes('ConfigMap extras does not exist')),
    JSON.stringify(conditions),
  );
  world.apply(aConfigMap('extras', { a: 'b' }));
  await world.clock.until(ended(world, 1), 60_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
});

test('a secret is nowhere but in Secrets', async (t) => {
  const world = await inBlue(t);
  world.apply(aSecret('login', { PASSWORD: `${PASSWORD}-2` }));
  await world.clock.until(ended(world, 1), 60_000);
  await world.clock.advance(5000);
  const encoded = Buffer.from(PASSWORD).toString('base64').slice(0, 20);
  const kinds = [
    'serin.dev/v1alpha1 Canary',
    'serin.dev/v1alpha1 CanaryRun',
    'apps/v1 Deployment',
    'apps/v1 ControllerRevision',
    'events.k8s.io/v1 Event',
    'v1 ConfigMap',
  ];
  for (const [apiVersion = '', kind = ''] of kinds.map((name) => name.split(' '))) {
    const text = JSON.stringify(world.cluster.api.list({ apiVersion, kind }));
    assert.ok(!text.includes(PASSWORD) && !text.includes(encoded), kind);
  }
  assert.ok(!JSON.stringify(world.git.commits).includes(PASSWORD));
});
