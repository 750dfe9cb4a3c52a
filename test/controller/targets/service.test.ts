import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { canaryRef, type World } from '#test/harness/a-world.ts';
import { adopting, aRoute } from '#test/harness/manifests.ts';
import { ended } from '#test/harness/release.ts';
import { aServiceCanary, aVersion, aWish, servingVersions, takenOverService } from '#test/harness/targets.ts';

const LIMIT = 240_000;

const service = (world: World, name: string): KubeObject | undefined =>
  world.read({ apiVersion: 'v1', kind: 'Service', namespace: 'shop', name });
const selector = (world: World, name: string): unknown => at(service(world, name), 'spec', 'selector');
const of = (version: string) => ({ app: 'podinfo', version });
const outcomes = (world: World) => world.canary().history.map(({ outcome }) => outcome);
const pods = (world: World): readonly unknown[] =>
  world.cluster.api
    .list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: 'shop' })
    .map(({ metadata }) => [metadata.uid, metadata.labels, metadata.annotations]);

test('a Service whose versions a team runs: taken over, bad, superseded, good, given back, without a lost request', async (t) => {
  const world = await servingVersions(t);
  const born = world.load.snapshot();
  const before = pods(world);
  world.startController();
  world.apply(aServiceCanary());
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
  await world.clock.advance(5000);
  assert.equal(world.load.since(born).failures, 0, 'the take-over loses no request');
  assert.deepEqual([selector(world, 'podinfo-primary'), selector(world, 'podinfo')], [of('6.0.0'), of('6.0.0')]);
  const idle = selector(world, 'podinfo-canary');
  assert.ok(world.events().some((event) => /^Initialized: podinfo-primary serves revision [0-9a-f]{10}$/.test(event)));

  world.apply(aWish('6.9.0-bad'));
  await world.clock.until(() => world.canary().canaryWeight === 10, LIMIT);
  assert.deepEqual(selector(world, 'podinfo-canary'), of('6.9.0-bad'));
  assert.deepEqual(world.canary().run?.images, { app: 'podinfo:6.9.0-bad' });
  await world.clock.until(ended(world, 1), LIMIT);
  assert.equal(world.canary().history[0]?.cause, 'ThresholdReached');
  const bad = world.load.since(born);
  assert.equal(bad.failures, bad.versions['6.9.0-bad']?.failures, 'only the bad version has failed');
  assert.deepEqual(selector(world, 'podinfo-canary'), idle, 'the canary leads nowhere again');
  const rest = world.load.snapshot();
  await world.clock.advance(5000);
  assert.deepEqual(Object.keys(world.load.since(rest).versions), ['6.0.0'], 'Git asks in vain for what was rejected');

  const calm = world.load.snapshot();
  world.apply(aWish('6.1.0'));
  await world.clock.until(() => world.canary().canaryWeight === 10, LIMIT);
  world.apply(aWish('6.2.0'));
  await world.clock.until(ended(world, 3), LIMIT);
  assert.deepEqual(outcomes(world), ['Promoted', 'Superseded', 'RolledBack']);
  await world.clock.advance(5000);
  assert.equal(world.load.since(calm).failures, 0, 'no good version loses a request');
  assert.deepEqual([selector(world, 'podinfo-primary'), selector(world, 'podinfo')], [of('6.2.0'), of('6.2.0')]);

  const released = world.load.snapshot();
  world.remove(canaryRef());
  await world.clock.until(() => world.read(canaryRef()) === undefined, LIMIT);
  await world.clock.advance(5000);
  const { failures, versions } = world.load.since(released);
  assert.equal(failures, 0, 'no request is lost while everything is given back');
  assert.deepEqual(Object.keys(versions), ['6.2.0'], 'what has served serves on');
  assert.deepEqual([service(world, 'podinfo-primary'), service(world, 'podinfo-canary')], [undefined, undefined]);
  assert.deepEqual(selector(world, 'podinfo'), of('6.2.0'));
  assert.deepEqual(service(world, 'podinfo')?.metadata.labels ?? {}, {});
  assert.deepEqual(pods(world), before, 'no pod was made, changed or taken away');
  assert.deepEqual(service(world, 'wanted')?.metadata.labels ?? {}, {}, 'the target is only read');
});

test('a version that has no pod is waited for, says so, and is rolled back at its deadline', async (t) => {
  const world = await takenOverService(t, aServiceCanary({ progressDeadlineSeconds: 30 }));
  const calm = world.load.snapshot();
  world.apply(aWish('7.0.0'));
  await world.clock.until(ended(world, 1), LIMIT);
  const [run] = world.canary().history;
  assert.equal(
    run?.sentence,
    'Rolled back after 30 s: podinfo-canary was not ready within 30 s: no pod carries app=podinfo,version=7.0.0',
  );
  assert.deepEqual(Object.keys(world.load.since(calm).versions), ['6.0.0']);
});

test('going back to the stable selector withdraws; another port is a version of its own', async (t) => {
  const world = await takenOverService(t);
  world.apply(aWish('6.1.0'));
  await world.clock.until(() => world.canary().canaryWeight === 10, LIMIT);
  world.apply(aWish('6.0.0'));
  await world.clock.until(ended(world, 1), LIMIT);
  assert.deepEqual(outcomes(world), ['Withdrawn']);
  const wish = aWish('6.0.0');
  const ports = [
    { name: 'http', port: 80, targetPort: 9898 },
    { name: 'extra', port: 81, targetPort: 9898 },
  ];
  world.apply({ ...wish, spec: { selector: of('6.0.0'), ports } });
  await world.clock.until(ended(world, 2), LIMIT);
  assert.deepEqual(outcomes(world), ['Promoted', 'Withdrawn']);
  assert.equal(at(service(world, 'podinfo-primary'), 'spec', 'ports', 1, 'port'), 81);
});

test('pods of the canary that are all lost in the middle of a run cost nobody a request', async (t) => {
  const world = await takenOverService(t);
  world.apply(aWish('6.1.0'));
  await world.clock.until(() => world.canary().canaryWeight === 50, LIMIT);
  const mark = world.load.snapshot();
  world.apply({ ...aVersion('6.1.0'), spec: { ...(aVersion('6.1.0')['spec'] as object), replicas: 0 } });
  await world.clock.until(() => (world.canary().run?.weight.set ?? 0) === 0, LIMIT);
  const events = world.events().filter((event) => event.includes('no ready pod') || event.includes('lost'));
  assert.ok(events.length > 0, world.events().join('\n'));
  // What the gateway has no pod for before Serin has lowered the weight is the data plane's to answer.
  assert.ok(world.load.since(mark).failures <= 5, `${world.load.since(mark).failures}`);
});

test('somebody else’s hand on the side Services and on what users call is put right', async (t) => {
  const world = await takenOverService(t);
  const mark = world.load.snapshot();
  for (const name of ['podinfo-primary', 'podinfo']) {
    world.apply({ ...aWish('6.9.0-bad'), metadata: { name, namespace: 'shop' } });
    await world.clock.advance(200);
    assert.deepEqual(selector(world, name), of('6.0.0'), name);
  }
  assert.ok(
    world.events().some((event) => event.startsWith('RouteDrift: kubectl changed the selector of Service podinfo;')),
    world.events().join('\n'),
  );
  await world.clock.advance(2000);
  assert.ok((world.load.since(mark).versions['6.9.0-bad']?.requests ?? 0) < 10);
});

test('what would lead users to another version at the take-over is refused, in words, and harms nobody', async (t) => {
  const world = await servingVersions(t);
  world.apply(aWish('6.1.0'));
  const mark = world.load.snapshot();
  world.startController();
  world.apply(aServiceCanary());
  await world.clock.advance(5000);
  const stalled = world.canary().conditions.find(({ type }) => type === 'Stalled');
  assert.equal(
    stalled?.message,
    'Service shop/podinfo: it selects app=podinfo,version=6.0.0, the target app=podinfo,version=6.1.0; want the same until this Canary has taken over, so that nobody is led to another version unjudged',
  );
  assert.deepEqual(Object.keys(world.load.since(mark).versions), ['6.0.0']);
  world.apply(aWish('6.0.0'));
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
  assert.equal(world.load.since(mark).failures, 0);
});

test('a Service that nobody has made yet is made for users, and goes with the Canary', async (t) => {
  const world = await servingVersions(t, aRoute('front'));
  world.startController();
  world.apply(aServiceCanary({ ...adopting('front'), service: { port: 80, name: 'front' } }));
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
  assert.deepEqual(selector(world, 'front'), of('6.0.0'));
  world.apply(aWish('6.1.0'));
  await world.clock.until(ended(world, 1), LIMIT);
  assert.deepEqual(outcomes(world), ['Promoted']);
  assert.deepEqual(selector(world, 'front'), of('6.1.0'));
  world.remove(canaryRef());
  await world.clock.until(() => world.read(canaryRef()) === undefined, LIMIT);
  assert.equal(service(world, 'front'), undefined);
});
