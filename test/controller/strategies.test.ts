import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanarySpecInput } from '#src/api/canary.ts';
import type { StepStatus } from '#src/api/canary-status.ts';
import { listAt, numberAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { difference } from '#src/sandbox/load/load-count.ts';
import type { World } from '#test/harness/a-world.ts';
import { aCanary, HOST } from '#test/harness/manifests.ts';
import { takenOverOn } from '#test/harness/plane-release.ts';
import { ISTIO_ADOPTED } from '#test/harness/planes.ts';
import { deployment, ended, type Owner, push, takenOver } from '#test/harness/release.ts';

const SUCCESS = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }];
/** A metric of the team's own: what its canary pods answer, whoever asks them. */
const OWN = [{ name: 'errors', query: 'vector(0)', thresholdRange: { max: 1 } }];

type Analysis = CanarySpecInput['analysis'];
const analysed = (analysis: Partial<Analysis>): Analysis => ({
  interval: '5s',
  threshold: 2,
  metrics: SUCCESS,
  ...analysis,
});
const strategy = (analysis: Partial<Analysis>): KubeObject => aCanary({ analysis: analysed(analysis) });

/** The steps of a run as its record has them, without times. */
const recordedSteps = (world: World): readonly Partial<StepStatus>[] => {
  const [run] = world.canary().history;
  const name = `podinfo-${run?.id}`;
  const record = world.read({ apiVersion: 'serin.dev/v1alpha1', kind: 'CanaryRun', namespace: 'shop', name });
  return listAt(record, 'spec', 'steps').map((step) => {
    const { from: _from, to: _to, level: _level, ...rest } = step as StepStatus;
    return rest;
  });
};
const weights = (world: World) => recordedSteps(world).map(({ weight }) => weight);

const outcome = (world: World) => {
  const [run] = world.canary().history;
  return run === undefined ? undefined : [run.outcome, run.cause];
};

const released = async (world: World, image: string): Promise<void> => {
  push(world, image);
  await world.clock.until(ended(world, world.canary().history.length + 1), 600_000);
};

test('stepWeight rises in equal steps and ends at maxWeight, below 100', async (t) => {
  const world = await takenOver(t, strategy({ stepWeight: 20, maxWeight: 50 }));
  const mark = world.load.snapshot();
  await released(world, 'podinfo:6.1.0');
  assert.deepEqual(
    [outcome(world), weights(world)],
    [
      ['Promoted', undefined],
      [20, 40, 50],
    ],
  );
  assert.equal(world.load.since(mark).failures, 0);
});

test('without steps the weight doubles from 1 % while the checks pass', async (t) => {
  const world = await takenOver(t, strategy({}), { rps: 200 });
  await released(world, 'podinfo:6.1.0');
  assert.deepEqual(
    [outcome(world), weights(world)],
    [
      ['Promoted', undefined],
      [1, 2, 4, 8, 16, 32, 64, 100],
    ],
  );
});

test('stepWeightPromotion gives the traffic back to the primary step by step, without a lost request', async (t) => {
  const world = await takenOver(t, strategy({ stepWeights: [50], stepWeightPromotion: 20 }));
  const mark = world.load.snapshot();
  push(world, 'podinfo:6.1.0');
  const back: number[] = [];
  await world.clock.until(() => {
    const { run } = world.canary();
    if (run?.stage === 'returning' && back.at(-1) !== run.weight.set) back.push(run.weight.set);
    return ended(world, 1)();
  }, 600_000);
  assert.deepEqual(
    [outcome(world), back],
    [
      ['Promoted', undefined],
      [30, 10, 0],
    ],
  );
  assert.equal(world.load.since(mark).failures, 0);
});

test('blue/green is judged for its iterations without a request of a user, then takes all of them', async (t) => {
  const world = await takenOver(t, strategy({ iterations: 3, metrics: [...SUCCESS, ...OWN] }));
  const mark = world.load.snapshot();
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().iterations === 2, 120_000);
  assert.deepEqual(Object.keys(world.load.since(mark).versions), ['6.0.0']);
  assert.equal(numberAt(deployment(world, 'podinfo-canary'), 'spec', 'replicas'), 2);
  await world.clock.until(ended(world, 1), 120_000);
  assert.deepEqual(
    [outcome(world), weights(world)],
    [
      ['Promoted', undefined],
      [0, 100],
    ],
  );
  assert.equal(world.load.since(mark).failures, 0);
  assert.match(world.canary().history[0]?.sentence ?? '', /3 windows and one at 100 % have passed/);
});

test('a bad blue/green version is taken back from its first window at 100 %', async (t) => {
  const world = await takenOver(t, strategy({ iterations: 2, threshold: 1, metrics: [...SUCCESS, ...OWN] }));
  await released(world, 'podinfo:6.9.0-bad');
  assert.deepEqual(outcome(world), ['RolledBack', 'ThresholdReached']);
  const mark = world.load.snapshot();
  await world.clock.advance(5000);
  assert.deepEqual(Object.keys(world.load.since(mark).versions), ['6.0.0']);
});

/** On a plane that can mirror. */
const mirroring = (owner: Owner, analysis: Partial<Analysis>): Promise<World> =>
  takenOverOn(owner, { ...ISTIO_ADOPTED, spec: { ...ISTIO_ADOPTED.spec, analysis: analysed(analysis) } });

test('blue/green with a mirror rejects a bad version before a user has met it', async (t) => {
  const world = await mirroring(t, { iterations: 5, mirror: true });
  const mark = world.load.snapshot();
  await released(world, 'podinfo:6.9.0-bad');
  assert.deepEqual(outcome(world), ['RolledBack', 'ThresholdReached']);
  assert.equal(world.load.since(mark).failures, 0);
  assert.deepEqual(recordedSteps(world), [{ index: 1, weight: 0, mirror: 100 }]);
});

test('a canary with a mirror begins with a copy of the requests', async (t) => {
  const world = await mirroring(t, { stepWeights: [10, 50], mirror: true, mirrorWeight: 50 });
  await released(world, 'podinfo:6.1.0');
  assert.deepEqual(outcome(world), ['Promoted', undefined]);
  assert.deepEqual(recordedSteps(world), [
    { index: 1, weight: 0, mirror: 50 },
    { index: 2, weight: 10 },
    { index: 3, weight: 50 },
  ]);
});

/** Every fifth request is an insider's. */
const insiders = (n: number) => ({
  method: 'GET',
  host: HOST,
  path: '/',
  headers: n % 5 === 0 ? { 'x-canary': 'insider' } : {},
});
const match = [{ headers: { 'x-canary': { exact: 'insider' } } }];

test('A/B leads the requests that match to the canary and no other, for all iterations', async (t) => {
  const world = await takenOver(t, strategy({ iterations: 3, match }), { request: insiders });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().iterations === 1, 120_000);
  const mark = world.load.snapshot();
  await world.clock.advance(2000);
  const { versions, failures } = world.load.since(mark);
  assert.deepEqual([versions['6.1.0']?.requests, versions['6.0.0']?.requests, failures], [20, 80, 0]);
  await world.clock.until(ended(world, 1), 120_000);
  assert.deepEqual(outcome(world), ['Promoted', undefined]);
  assert.deepEqual(recordedSteps(world), [{ index: 1, weight: 0, matched: true }]);
  const after = world.load.snapshot();
  await world.clock.advance(2000);
  assert.deepEqual(Object.keys(difference(world.load.snapshot(), after).versions), ['6.1.0']);
});

test('a bad A/B version is taken back; nobody but the insiders has met it', async (t) => {
  const world = await takenOver(t, strategy({ iterations: 3, match }), { request: insiders });
  const mark = world.load.snapshot();
  await released(world, 'podinfo:6.9.0-bad');
  assert.deepEqual(outcome(world), ['RolledBack', 'ThresholdReached']);
  const { versions, failures } = world.load.since(mark);
  assert.equal(failures, versions['6.9.0-bad']?.failures);
  const after = world.load.snapshot();
  await world.clock.advance(2000);
  assert.deepEqual(Object.keys(world.load.since(after).versions), ['6.0.0']);
});

test('skipAnalysis promotes what has become ready in the canary, without giving it a request first', async (t) => {
  const canary = aCanary({ skipAnalysis: true });
  const world = await takenOver(t, canary);
  const mark = world.load.snapshot();
  await released(world, 'podinfo:6.1.0');
  assert.deepEqual(outcome(world), ['FastPromoted', undefined]);
  assert.match(world.canary().history[0]?.sentence ?? '', /spec\.skipAnalysis is true/);
  assert.equal(world.load.since(mark).failures, 0);
  assert.deepEqual(recordedSteps(world), []);
});

test('skipAnalysis set in the middle of a run ends its analysis there', async (t) => {
  const world = await takenOver(t);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  world.apply(aCanary({ skipAnalysis: true }));
  await world.clock.until(ended(world, 1), 60_000);
  assert.deepEqual([outcome(world), weights(world)], [['FastPromoted', undefined], [10]]);
});

test('suspend holds a run at its weight however long, and it goes on from there', async (t) => {
  const world = await takenOver(t, aCanary({ progressDeadlineSeconds: 60 }));
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  world.apply(aCanary({ progressDeadlineSeconds: 60, suspend: true }));
  await world.clock.advance(600_000);
  assert.deepEqual([world.canary().canaryWeight, world.canary().run?.paused?.by], [10, undefined]);
  assert.ok(world.events().some((event) => event.startsWith('Paused: ')));
  world.apply(aCanary({ progressDeadlineSeconds: 60 }));
  await world.clock.until(ended(world, 1), 120_000);
  assert.deepEqual(
    [outcome(world), weights(world)],
    [
      ['Promoted', undefined],
      [10, 50],
    ],
  );
});

test('a suspended run is judged all the same', async (t) => {
  const world = await takenOver(t);
  push(world, 'podinfo:6.9.0-bad');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  world.apply(aCanary({ suspend: true }));
  await world.clock.until(ended(world, 1), 60_000);
  assert.deepEqual(outcome(world), ['RolledBack', 'ThresholdReached']);
});

test('a push while suspended waits, and is run when that ends', async (t) => {
  const world = await takenOver(t, aCanary({ suspend: true }));
  push(world, 'podinfo:6.1.0');
  await world.clock.advance(120_000);
  assert.deepEqual([world.canary().run, deployment(world, 'podinfo-canary')], [undefined, undefined]);
  world.apply(aCanary());
  await world.clock.until(ended(world, 1), 120_000);
  assert.deepEqual(outcome(world), ['Promoted', undefined]);
});

test('steps edited in the middle of a run count from the next decision', async (t) => {
  const world = await takenOver(t, strategy({ stepWeights: [10, 80] }));
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  world.apply(strategy({ stepWeights: [5, 20, 30] }));
  await world.clock.until(ended(world, 1), 120_000);
  assert.deepEqual(
    [outcome(world), weights(world)],
    [
      ['Promoted', undefined],
      [10, 20, 30],
    ],
  );
  const [run] = world.canary().history;
  const name = `podinfo-${run?.id}`;
  const record = world.read({ apiVersion: 'serin.dev/v1alpha1', kind: 'CanaryRun', namespace: 'shop', name });
  assert.equal(listAt(record, 'spec', 'changes').length, 1);
});

test('a weight above the edited steps is lowered at once', async (t) => {
  const world = await takenOver(t, strategy({ stepWeights: [10, 50, 80] }));
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 50, 60_000);
  world.apply(strategy({ stepWeights: [10, 20] }));
  await world.clock.advance(100);
  assert.equal(world.canary().canaryWeight, 20);
  assert.ok(
    world.events().some((event) => /^SpecChanged: .*the highest step is 20 % now: weight 50 % -> 20 %/.test(event)),
  );
  await world.clock.until(ended(world, 1), 120_000);
  assert.deepEqual(weights(world), [10, 50, 20]);
});

test('another strategy begins the run anew, without traffic', async (t) => {
  const world = await takenOver(t, strategy({ stepWeights: [10, 50] }), { request: insiders });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 50, 60_000);
  world.apply(strategy({ iterations: 2, match }));
  await world.clock.until(ended(world, 1), 120_000);
  assert.deepEqual(outcome(world), ['Promoted', undefined]);
  assert.deepEqual(
    recordedSteps(world).map(({ weight, matched = false }) => [weight, matched]),
    [
      [10, false],
      [50, false],
      [0, true],
    ],
  );
});

test('a canary that loses its pods in an A/B run gets no request until it is back', async (t) => {
  const world = await takenOver(t, strategy({ iterations: 4, match }), { request: insiders });
  await released(world, 'podinfo:6.9.1-crashing');
  assert.equal(world.canary().history[0]?.outcome, 'RolledBack');
  const after = world.load.snapshot();
  await world.clock.advance(2000);
  assert.deepEqual(Object.keys(world.load.since(after).versions), ['6.0.0']);
});
