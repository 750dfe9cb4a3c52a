import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, numberAt, stringAt } from '#src/lib/json.ts';
import { sandboxNode } from '#src/sandbox/workloads/sandbox-node.ts';
import { canaryRef, type World } from '#test/harness/a-world.ts';
import { ended } from '#test/harness/release.ts';
import {
  aDaemonCanary,
  aDaemonSet,
  daemonSet,
  nodesOf,
  SURGE,
  servingOnNodes,
  takenOverOnNodes,
} from '#test/harness/targets.ts';

const LIMIT = 240_000;
const NODES = ['b', 'c', 'sandbox'];
const zero = (world: World): unknown => at(daemonSet(world, 'podinfo'), 'spec', 'template', 'spec', 'nodeSelector');
const imageOf = (world: World, name: string): string =>
  stringAt(daemonSet(world, name), 'spec', 'template', 'spec', 'containers', 0, 'image') ?? '';

for (const [how, spec] of [
  ['a pod at a time is taken out', {}],
  ['each node keeps its pod', SURGE],
] as const) {
  test(`a DaemonSet of which ${how}: taken over, bad, superseded, good, given back, without a lost request`, async (t) => {
    const target = (version: string) => aDaemonSet(`podinfo:${version}`, { spec });
    const world = await servingOnNodes(t, { target: target('6.0.0') });
    const born = world.load.snapshot();
    world.startController();
    world.apply(aDaemonCanary());
    await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
    await world.clock.advance(5000);
    assert.equal(world.load.since(born).failures, 0, 'the take-over loses no request');
    assert.deepEqual(zero(world), { 'serin.dev/scale-to-zero': 'true' });
    assert.deepEqual([nodesOf(world, 'podinfo'), nodesOf(world, 'podinfo-primary')], [[], NODES]);
    const stable = world.canary().stable?.revision;
    assert.equal(world.canary().desired?.revision, stable, 'being held at zero is no other version');

    world.apply(target('6.9.0-bad'));
    await world.clock.until(() => world.canary().canaryWeight === 10, LIMIT);
    assert.deepEqual(nodesOf(world, 'podinfo-canary'), NODES, 'the canary runs on every node of the primary');
    await world.clock.until(ended(world, 1), LIMIT);
    assert.equal(world.canary().history[0]?.cause, 'ThresholdReached');
    const bad = world.load.since(born);
    assert.equal(bad.failures, bad.versions['6.9.0-bad']?.failures, 'only the bad version has failed');
    assert.equal(daemonSet(world, 'podinfo-canary'), undefined);

    const calm = world.load.snapshot();
    world.apply(target('6.1.0'));
    await world.clock.until(() => world.canary().canaryWeight === 10, LIMIT);
    world.apply(target('6.2.0'));
    await world.clock.until(ended(world, 3), LIMIT);
    const outcomes = world.canary().history.map(({ outcome }) => outcome);
    assert.deepEqual(outcomes, ['Promoted', 'Superseded', 'RolledBack']);
    assert.match(imageOf(world, 'podinfo-primary'), /^podinfo:6\.2\.0@sha256:/);
    await world.clock.advance(5000);
    assert.equal(world.load.since(calm).failures, 0, 'no good version loses a request');
    assert.deepEqual([nodesOf(world, 'podinfo'), nodesOf(world, 'podinfo-primary')], [[], NODES]);
    const weights = world.events().filter((event) => /^WeightChanged: .*-> 100%/.test(event));
    assert.equal(weights.length, 'updateStrategy' in spec ? 0 : 1, 'a primary that loses pods gives its traffic away');

    const released = world.load.snapshot();
    world.remove(canaryRef());
    await world.clock.until(() => world.read(canaryRef()) === undefined, LIMIT);
    await world.clock.advance(5000);
    assert.equal(world.load.since(released).failures, 0, 'no request is lost while everything is given back');
    assert.deepEqual(Object.keys(world.load.since(released).versions), ['6.2.0']);
    assert.deepEqual(nodesOf(world, 'podinfo'), NODES);
    assert.equal(zero(world), undefined);
    assert.deepEqual(daemonSet(world, 'podinfo')?.metadata.labels ?? {}, {});
    assert.equal(daemonSet(world, 'podinfo-primary'), undefined);
    const kept = world.cluster.api.list({ apiVersion: 'apps/v1', kind: 'ControllerRevision' }, { namespace: 'shop' });
    assert.ok(
      kept.every(({ metadata }) => metadata.ownerReferences?.[0]?.name === 'podinfo'),
      'Serin’s own are gone',
    );
  });
}

test('going back to what is stable, a restart of Serin and ten other versions start no run of it', async (t) => {
  const target = (image: string) => aDaemonSet(image, { spec: { revisionHistoryLimit: 1 } });
  const world = await takenOverOnNodes(t, { target: target('podinfo:6.0.0') });
  const stable = world.canary().stable?.revision ?? '';
  await world.clock.advance(5000);
  for (const index of Array.from({ length: 4 }).keys()) world.apply(target(`podinfo:6.9.0-bad${'x'.repeat(index)}`));
  world.apply(target('podinfo:6.9.0-bad'));
  await world.clock.until(ended(world, 1), LIMIT);
  const history = world.cluster.api.list({ apiVersion: 'apps/v1', kind: 'ControllerRevision' }, { namespace: 'shop' });
  const names = history.filter(({ metadata }) => metadata.ownerReferences?.[0]?.name === 'podinfo');
  assert.ok(
    names.every(({ metadata }) => metadata.name !== `podinfo-${stable}`),
    'Kubernetes has forgotten the name by which it knew the stable version first',
  );
  world.killControllers();
  world.apply(target('podinfo:6.0.0'));
  world.startController();
  await world.clock.advance(20_000);
  assert.equal(world.canary().desired?.revision, stable);
  assert.deepEqual([world.canary().run, world.canary().history.length], [undefined, 1]);
});

test('a manifest with a nodeSelector that takes the hold out runs no judged traffic, is named, and is put right', async (t) => {
  const target = (image: string) => aDaemonSet(image, { pod: { nodeSelector: { 'kubernetes.io/os': 'linux' } } });
  const world = await takenOverOnNodes(t, { target: target('podinfo:6.0.0') });
  await world.clock.advance(5000);
  const held = { 'kubernetes.io/os': 'linux', 'serin.dev/scale-to-zero': 'true' };
  assert.deepEqual(zero(world), held);
  const calm = world.load.snapshot();
  world.apply(target('podinfo:6.9.0-bad'));
  assert.deepEqual(zero(world), { 'kubernetes.io/os': 'linux' });
  await world.clock.advance(50);
  assert.deepEqual(zero(world), held);
  await world.clock.until(ended(world, 1), LIMIT);
  const { versions, failures } = world.load.since(calm);
  assert.equal(failures, versions['6.9.0-bad']?.failures);
  assert.ok((versions['6.9.0-bad']?.requests ?? 0) < 0.2 * world.load.since(calm).requests, 'its step’s share alone');
  assert.equal(world.canary().history.length, 1, 'with and without the hold it is one version');
  assert.ok(
    world
      .events()
      .includes(
        'WorkloadDrift: kubectl let podinfo onto its nodes again by its nodeSelector; it goes back to none. To end this, apply deploy/admission, or select nodes by affinity in the manifest and leave its nodeSelector out',
      ),
    world.events().join('\n'),
  );
});

test('nodes that come and go in the middle of a run get and lose their pods, and lose no request', async (t) => {
  const world = await takenOverOnNodes(t, { target: aDaemonSet('podinfo:6.0.0', { spec: SURGE }) });
  const calm = world.load.snapshot();
  world.apply(aDaemonSet('podinfo:6.1.0', { spec: SURGE }));
  await world.clock.until(() => world.canary().canaryWeight === 10, LIMIT);
  world.apply(sandboxNode('d'));
  await world.clock.until(() => world.canary().canaryWeight === 50, LIMIT);
  assert.deepEqual(nodesOf(world, 'podinfo-canary'), [...NODES, 'd'].sort());
  await world.clock.until(ended(world, 1), LIMIT);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
  assert.deepEqual(nodesOf(world, 'podinfo-primary'), [...NODES, 'd'].sort());
  assert.equal(world.load.since(calm).failures, 0);
});

test('a DaemonSet that no node is to run is not taken over, and says so', async (t) => {
  const target = aDaemonSet('podinfo:6.0.0', { pod: { nodeSelector: { gpu: 'yes' } } });
  const world = await servingOnNodes(t, { target });
  world.startController();
  world.apply(aDaemonCanary({ progressDeadlineSeconds: 30 }));
  await world.clock.advance(40_000);
  assert.equal(world.canary().phase, 'Initializing');
  assert.ok(
    world
      .events()
      .includes('DeadlineExceeded: podinfo-primary was not ready within 30 s: no node is to run a pod of it'),
    world.events().join('\n'),
  );
});

test('one that Flagger has left at zero is taken as down, and comes back without either hold', async (t) => {
  const flaggers = { nodeSelector: { 'flagger.app/scale-to-zero': 'true' } };
  const world = await servingOnNodes(t, { target: aDaemonSet('podinfo:6.0.0', { pod: flaggers }) });
  const pods = { metadata: { labels: { app: 'podinfo-primary' } } };
  const { spec } = aDaemonSet('podinfo:6.0.0') as unknown as { spec: { template: object } };
  const template = { ...spec.template, ...pods };
  world.apply(
    aDaemonSet('', { name: 'podinfo-primary', spec: { selector: { matchLabels: pods.metadata.labels }, template } }),
  );
  world.apply({
    ...(world.read({ apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'podinfo' }) ?? assert.fail()),
    metadata: { name: 'podinfo', namespace: 'shop' },
    spec: { selector: pods.metadata.labels, ports: [{ name: 'http', port: 80, targetPort: 9898 }] },
  });
  await world.clock.advance(1000);
  world.startController();
  world.apply(aDaemonCanary());
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
  assert.deepEqual(nodesOf(world, 'podinfo'), []);
  assert.equal(numberAt(world.canary(), 'adopted', 'replicas'), 0);
  world.remove(canaryRef());
  await world.clock.until(() => world.read(canaryRef()) === undefined, LIMIT);
  assert.equal(zero(world), undefined);
  assert.deepEqual(nodesOf(world, 'podinfo'), NODES);
});
