import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanarySpecInput } from '#src/api/canary.ts';
import type { World } from '#test/harness/a-world.ts';
import { aCanary, aReceiver } from '#test/harness/manifests.ts';
import { ended, type Owner, push, serving } from '#test/harness/release.ts';

// When nothing is healthy, traffic stays where most of it works, and whoever asked for critical messages only is called.

const analysis: NonNullable<CanarySpecInput['analysis']> = {
  interval: '5s',
  threshold: 2,
  stepWeights: [50],
  metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }],
  alerts: [{ name: 'on-call', severity: 'error', providerRef: { name: 'on-call' } }],
};

/** podinfo is taken over, and somebody is to be called when it is critical. */
const onCall = async (owner: Owner): Promise<World> => {
  const world = await serving(owner);
  world.apply(aReceiver('on-call'));
  world.startController();
  world.apply(aCanary({ analysis }));
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  return world;
};

/** Every pod of the primary is replaced by one that becomes ready, or does not. */
const replacePods = (world: World, behaviour: { readonly neverReady: boolean }): void => {
  world.images.publish('podinfo:6.0.0', behaviour);
  const pods = world.cluster.api.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: 'shop' });
  for (const { metadata } of pods.filter(({ metadata: { name } }) => name.startsWith('podinfo-primary-'))) {
    world.remove({ apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: metadata.name });
  }
};
const ready = (world: World) => world.canary().conditions.find(({ type }) => type === 'Ready');

test('a primary without a ready pod calls people once, and is over when it serves again', async (t) => {
  const world = await onCall(t);
  replacePods(world, { neverReady: true });
  await world.clock.until(() => world.messages.length > 0, 60_000);
  await world.clock.advance(120_000);
  assert.deepEqual(
    world.messages.map(({ severity, title }) => [severity, title]),
    [['error', 'podinfo 6.0.0: nobody answers users']],
  );
  assert.match(
    world.messages[0]?.text ?? '',
    /^podinfo-primary has no ready pod: 0 of 2 pods ready: pod podinfo-primary-/,
  );
  assert.equal(ready(world)?.reason, 'PrimaryNotReady');
  assert.equal(world.events().filter((event) => event.startsWith('PrimaryNotReady')).length, 1);
  replacePods(world, { neverReady: false });
  await world.clock.until(() => ready(world)?.status === 'True', 60_000);
  assert.equal(world.canary().outage, undefined);
});

test('a canary that fails keeps its share while the primary has nobody, and gives it up when it has', async (t) => {
  const world = await onCall(t);
  push(world, 'podinfo:6.9.0-bad');
  await world.clock.until(() => world.canary().canaryWeight === 50, 60_000);
  replacePods(world, { neverReady: true });
  await world.clock.until(() => world.canary().run?.outcome !== undefined, 60_000);
  const mark = world.load.snapshot();
  await world.clock.advance(20_000);
  const { versions, requests } = world.load.since(mark);
  const answeredBy = versions['6.9.0-bad'] ?? assert.fail('the canary answers nobody');
  assert.ok(answeredBy.requests > requests * 0.4, `${answeredBy.requests} of ${requests}`);
  assert.ok(answeredBy.failures < answeredBy.requests * 0.7, 'half of its answers are good');
  assert.match(
    world.messages.find(({ topic }) => topic === 'held')?.text ?? '',
    /; only podinfo-canary answers, with 50 % of the requests\. Traffic stays where it is/,
  );
  replacePods(world, { neverReady: false });
  await world.clock.until(ended(world, 1), 60_000);
  assert.deepEqual([world.canary().history[0]?.outcome, world.canary().canaryWeight], ['RolledBack', 0]);
  const rest = world.load.snapshot();
  await world.clock.advance(10_000);
  assert.equal(world.load.since(rest).failures, 0);
});
