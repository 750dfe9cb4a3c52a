import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberAt, stringAt } from '#src/lib/json.ts';
import { deployment, ended, push, takenOver } from '#test/harness/release.ts';

test('takes a serving Deployment over', async (t) => {
  const world = await takenOver(t);
  await world.clock.advance(5000);
  assert.equal(numberAt(deployment(world, 'podinfo'), 'spec', 'replicas'), 0);
  assert.equal(numberAt(deployment(world, 'podinfo-primary'), 'status', 'readyReplicas'), 2);
  const mark = world.load.snapshot();
  await world.clock.advance(10_000);
  assert.deepEqual(world.load.since(mark), {
    requests: 500,
    failures: 0,
    versions: { '6.0.0': { requests: 500, failures: 0 } },
    unversionedFailures: 0,
  });
});

test('promotes a good release step by step without a failed request', async (t) => {
  const world = await takenOver(t);
  const mark = world.load.snapshot();
  push(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 1), 120_000);
  const [run] = world.canary().history;
  assert.equal(run?.outcome, 'Promoted');
  assert.equal(world.load.since(mark).failures, 0);
  const image = stringAt(deployment(world, 'podinfo-primary'), 'spec', 'template', 'spec', 'containers', 0, 'image');
  assert.match(image ?? '', /^podinfo:6\.1\.0@sha256:[0-9a-f]{64}$/);
  assert.equal(deployment(world, 'podinfo-canary'), undefined);
  const record = world.read({
    apiVersion: 'serin.dev/v1alpha1',
    kind: 'CanaryRun',
    namespace: 'shop',
    name: `podinfo-${run?.id}`,
  });
  assert.deepEqual(
    [0, 1].map((step) => numberAt(record, 'spec', 'steps', step, 'weight')),
    [10, 50],
  );
});

test('takes a bad release back; only the canary’s share ever failed', async (t) => {
  const world = await takenOver(t);
  const mark = world.load.snapshot();
  push(world, 'podinfo:6.9.0-bad');
  await world.clock.until(ended(world, 1), 120_000);
  const [run] = world.canary().history;
  assert.equal(run?.outcome, 'RolledBack');
  assert.equal(run?.cause, 'ThresholdReached');
  const counted = world.load.since(mark);
  assert.equal(counted.failures, counted.versions['6.9.0-bad']?.failures);
  assert.equal(deployment(world, 'podinfo-canary'), undefined);
  const rest = world.load.snapshot();
  await world.clock.advance(10_000);
  assert.deepEqual(Object.keys(world.load.since(rest).versions), ['6.0.0']);
});

test('a push in the middle of a run supersedes it', async (t) => {
  const world = await takenOver(t);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  push(world, 'podinfo:6.2.0');
  await world.clock.until(ended(world, 2), 120_000);
  assert.deepEqual(
    world.canary().history.map(({ outcome, images }) => [outcome, images['app']]),
    [
      ['Promoted', 'podinfo:6.2.0'],
      ['Superseded', 'podinfo:6.1.0'],
    ],
  );
});

test('going back to the stable version in the middle of a run withdraws it', async (t) => {
  const world = await takenOver(t);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  push(world, 'podinfo:6.0.0');
  await world.clock.until(ended(world, 1), 120_000);
  assert.equal(world.canary().history[0]?.outcome, 'Withdrawn');
  assert.equal(world.canary().phase, 'Initialized');
  await world.clock.advance(60_000);
  assert.equal(world.canary().history.length, 1);
});

test('a settled canary asks nothing of the API server', async (t) => {
  const world = await takenOver(t);
  await world.clock.advance(30_000);
  world.cluster.api.audit.reset();
  await world.clock.advance(200_000);
  const asked = world.cluster.api.audit.table().filter(({ user, verb }) => user === 'serin' && verb !== 'watch');
  assert.deepEqual(asked, []);
});

test('a run costs few calls and reads nothing', async (t) => {
  const world = await takenOver(t);
  await world.clock.advance(10_000);
  world.cluster.api.audit.reset();
  push(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 1), 120_000);
  await world.clock.advance(5000);
  const { audit } = world.cluster.api;
  assert.equal(audit.count({ user: 'serin', verb: 'get' }), 0);
  assert.ok(audit.count({ user: 'serin' }) <= 40, JSON.stringify(audit.table()));
});

test('deleting the Canary brings everything back without a lost request', async (t) => {
  const world = await takenOver(t);
  const mark = world.load.snapshot();
  world.cluster.api.remove({ apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', namespace: 'shop', name: 'podinfo' });
  const gone = () =>
    world.read({ apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', namespace: 'shop', name: 'podinfo' }) === undefined;
  const route = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', namespace: 'shop', name: 'podinfo' };
  await world.clock.until(() => world.read(route) === undefined, 60_000);
  // Serin's own route was the only way in: without it there is nobody to answer, as there was not before Serin.
  assert.equal(world.load.since(mark).unversionedFailures, 0);
  await world.clock.until(gone, 60_000);
  assert.equal(numberAt(deployment(world, 'podinfo'), 'status', 'readyReplicas'), 2);
  assert.equal(deployment(world, 'podinfo-primary'), undefined);
  const apex = world.read({ apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'podinfo' });
  assert.deepEqual(apex?.['spec'] && Object(apex['spec'])['selector'], { app: 'podinfo' });
});
