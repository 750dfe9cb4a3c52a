import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanarySpecInput } from '#src/api/canary.ts';
import { listAt, numberAt, recordAt, stringAt } from '#src/lib/json.ts';
import { canaryRef, type World } from '#test/harness/a-world.ts';
import { anHpa, autoscalerIn, conditionIn, moreLoad, SCALED_BY_HPA, sizeOf } from '#test/harness/autoscaled.ts';
import { aCanary, aDeployment, adopting, aRoute } from '#test/harness/manifests.ts';
import { ended, type Owner, push, serving } from '#test/harness/release.ts';

const LIMIT = 240_000;
const PODINFO = { namespace: 'shop', name: 'podinfo' };
const steps = (...stepWeights: readonly number[]) => ({
  interval: '20s',
  stepWeights: [...stepWeights],
  metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }],
});

/** A person's change of the number of pods that stands in no file. */
const deploy = (world: World, image: string): void => world.apply(aDeployment(image));

/** podinfo with 10 requests a second, for which its autoscaler has given it five pods; nobody has taken it over yet. */
const scaled = async (owner: Owner, hpa = anHpa()): Promise<World> => {
  const world = await serving(owner, { rps: 10 });
  world.apply(aRoute());
  deploy(world, 'podinfo:6.0.0');
  world.apply(hpa);
  await world.clock.until(() => sizeOf(world, 'podinfo').ready === 5, LIMIT);
  return world;
};

const scaledCanary = (spec: Partial<CanarySpecInput> = {}) =>
  aCanary({ ...adopting(), autoscalerRef: SCALED_BY_HPA, analysis: steps(10, 50), ...spec });

/** The same, taken over. */
const takenOverScaled = async (owner: Owner, spec: Partial<CanarySpecInput> = {}): Promise<World> => {
  const world = await scaled(owner);
  world.startController();
  world.apply(scaledCanary(spec));
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
  return world;
};

/** Percent that the route leads to the canary. */
const weightOf = (world: World): number => {
  const route = world.read({ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', ...PODINFO });
  const refs = listAt(route, 'spec', 'rules', 0, 'backendRefs');
  const weights = refs.map((ref) => ({ name: stringAt(ref, 'name'), weight: numberAt(ref, 'weight') ?? 1 }));
  const canary = weights.find(({ name }) => name === 'podinfo-canary')?.weight ?? 0;
  return (canary * 100) / weights.reduce((sum, { weight }) => sum + weight, 0);
};

/** Until `done`, a look every half second at what users depend on; gives the weights that were seen. */
const watch = async (world: World, done: () => boolean, look: (weight: number) => void): Promise<readonly number[]> => {
  const weights = new Set<number>();
  for (let n = 0; n < 600 && !done(); n++) {
    await world.clock.advance(500);
    const weight = weightOf(world);
    weights.add(weight);
    look(weight);
  }
  assert.ok(done());
  return [...weights].sort((a, b) => a - b);
};

const hpaMin = (world: World): number | undefined =>
  numberAt(autoscalerIn(world, 'podinfo-primary'), 'spec', 'minReplicas');

test('a target is taken over at its size, and given back so, without a lost request', async (t) => {
  const world = await scaled(t);
  const before = autoscalerIn(world, 'podinfo');
  const mark = world.load.snapshot();
  world.startController();
  world.apply(scaledCanary());
  await watch(
    world,
    () => world.canary().phase === 'Initialized',
    () => assert.ok(sizeOf(world, 'podinfo').ready + sizeOf(world, 'podinfo-primary').ready >= 5),
  );
  assert.deepEqual(sizeOf(world, 'podinfo-primary'), { wanted: 5, ready: 5 });
  const primarys = autoscalerIn(world, 'podinfo-primary');
  assert.deepEqual(primarys?.['spec'], {
    ...recordAt(before, 'spec'),
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo-primary' },
    minReplicas: 5,
  });
  assert.equal(primarys?.metadata.labels?.['team'], 'web');

  // The target's own is as it was, and off by itself; the primary's is held up until its metrics show all the traffic.
  await world.clock.advance(60_000);
  assert.deepEqual(autoscalerIn(world, 'podinfo')?.['spec'], before?.['spec']);
  assert.equal(conditionIn(autoscalerIn(world, 'podinfo'), 'ScalingActive'), 'False ScalingDisabled');
  await world.clock.advance(250_000);
  assert.equal(hpaMin(world), 2);
  await world.clock.advance(60_000);
  assert.deepEqual(sizeOf(world, 'podinfo-primary'), { wanted: 5, ready: 5 });
  assert.deepEqual(sizeOf(world, 'podinfo'), { wanted: 0, ready: 0 });

  world.remove(canaryRef());
  await watch(
    world,
    () => world.read(canaryRef()) === undefined,
    () => assert.ok(sizeOf(world, 'podinfo').ready + sizeOf(world, 'podinfo-primary').ready >= 5),
  );
  assert.equal(autoscalerIn(world, 'podinfo-primary'), undefined);
  await world.clock.advance(60_000);
  assert.deepEqual(sizeOf(world, 'podinfo'), { wanted: 5, ready: 5 });
  assert.deepEqual(autoscalerIn(world, 'podinfo')?.['spec'], before?.['spec']);
  assert.equal(world.load.since(mark).failures, 0);
  assert.deepEqual(
    world.events().filter((event) => event.startsWith('WorkloadDrift')),
    [],
  );
});

test('while a run has traffic its primary keeps pods for all of it, whatever its autoscaler sees', async (t) => {
  const world = await takenOverScaled(t);
  await world.clock.advance(330_000);
  assert.equal(hpaMin(world), 2);
  for (const [index, image] of ['podinfo:6.1.0', 'podinfo:6.9.0-bad'].entries()) {
    push(world, image);
    const weights = await watch(world, ended(world, index + 1), (weight) => {
      assert.ok(sizeOf(world, 'podinfo-primary').wanted >= 5);
      assert.ok(sizeOf(world, 'podinfo-canary').ready >= Math.ceil((weight * 5) / 100), `${weight} %`);
    });
    assert.deepEqual(weights, index === 0 ? [0, 10, 50, 100] : [0, 10]);
  }
  assert.deepEqual(
    world.canary().history.map(({ outcome }) => outcome),
    ['RolledBack', 'Promoted'],
  );
  // Its metrics are those of the run for a while.
  await watch(
    world,
    () => hpaMin(world) === 2,
    () => assert.ok(sizeOf(world, 'podinfo-primary').wanted >= 5),
  );
  assert.equal(world.canary().floor, undefined);
});

test('more users in the middle of a run: the primary grows, and the canary follows', async (t) => {
  const world = await takenOverScaled(t, { analysis: { ...steps(10, 50), interval: '60s' } });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => (world.canary().canaryWeight ?? 0) === 10, LIMIT);
  const more = moreLoad(world, 10);
  await watch(world, ended(world, 1), (weight) => {
    const [primary, canary] = [sizeOf(world, 'podinfo-primary'), sizeOf(world, 'podinfo-canary')];
    if (weight === 50) assert.ok(canary.ready >= Math.ceil(primary.wanted / 2), JSON.stringify({ primary, canary }));
  });
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
  assert.ok(sizeOf(world, 'podinfo-primary').wanted >= 9);
  void more.stop();
});

test('more users than the primary alone would notice: both grow before the canary has too much', async (t) => {
  const world = await takenOverScaled(t, { analysis: { ...steps(50), interval: '120s' } });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => weightOf(world) === 50, LIMIT);
  // Twice as many: half of them is what the primary has pods for.
  const more = moreLoad(world, 10);
  await world.clock.advance(118_000);
  assert.equal(world.canary().run?.weight.set, 50);
  assert.ok(sizeOf(world, 'podinfo-primary').ready <= 5);
  await world.clock.until(() => sizeOf(world, 'podinfo-canary').ready >= 5, LIMIT);
  assert.equal(world.canary().run?.stage, 'shifting');
  await world.clock.until(ended(world, 1), LIMIT);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
  assert.ok(sizeOf(world, 'podinfo-primary').ready >= 10);
  void more.stop();
});

test("a change of the target's autoscaler is the primary's at once, and nobody else's change of that stays", async (t) => {
  const world = await takenOverScaled(t);
  world.apply(anHpa({ maxReplicas: 30 }));
  await world.clock.advance(500);
  assert.equal(numberAt(autoscalerIn(world, 'podinfo-primary'), 'spec', 'maxReplicas'), 30);
  world.apply(anHpa({ maxReplicas: 3 }, { name: 'podinfo-primary', target: 'podinfo-primary' }));
  await world.clock.advance(500);
  assert.equal(numberAt(autoscalerIn(world, 'podinfo-primary'), 'spec', 'maxReplicas'), 30);
  assert.ok(
    world
      .events()
      .includes(
        'WorkloadDrift: kubectl changed HorizontalPodAutoscaler podinfo-primary; it goes back. Change HorizontalPodAutoscaler podinfo instead, or spec.autoscalerRef',
      ),
  );
  const primaryScalerReplicas = { minReplicas: 7, maxReplicas: 9 };
  world.apply(scaledCanary({ autoscalerRef: { ...SCALED_BY_HPA, primaryScalerReplicas } }));
  await world.clock.advance(30_000);
  assert.deepEqual(sizeOf(world, 'podinfo-primary').wanted, 7);
  // Without the reference, the primary keeps the number that it has.
  const { autoscalerRef: _, ...rest } = recordAt(scaledCanary(), 'spec');
  world.remove({ ...SCALED_BY_HPA, namespace: 'shop' });
  world.apply({ ...scaledCanary(), spec: rest });
  await world.clock.advance(30_000);
  assert.equal(autoscalerIn(world, 'podinfo-primary'), undefined);
  assert.equal(world.canary().floor, undefined);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 1), LIMIT);
  assert.deepEqual(sizeOf(world, 'podinfo-primary').wanted, 7);
});

const stalled = (world: World): string | undefined => {
  const found = world.canary().conditions.find(({ type, status }) => type === 'Stalled' && status === 'True');
  return found?.message;
};

test('an autoscaler of the target that is not named is told before anything is taken over', async (t) => {
  const world = await scaled(t);
  world.startController();
  const { autoscalerRef: _, ...spec } = recordAt(scaledCanary(), 'spec');
  world.apply({ ...scaledCanary(), spec });
  await world.clock.advance(5_000);
  assert.equal(
    stalled(world),
    'spec.autoscalerRef: HorizontalPodAutoscaler shop/podinfo scales podinfo, which runs nothing under a Canary, so that podinfo-primary would not be scaled at all: set autoscalerRef to { apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, name: podinfo }, or delete it',
  );
  assert.equal(sizeOf(world, 'podinfo-primary').wanted, -1);
  world.apply(scaledCanary());
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
  assert.equal(stalled(world), undefined);
});

test('a target at 0 begins with what its autoscaler has at the least', async (t) => {
  const world = await serving(t, { rps: 5 });
  world.apply(aRoute());
  world.apply(aDeployment('podinfo:6.0.0', { replicas: 0 }));
  world.apply(anHpa({ minReplicas: 3 }));
  await world.clock.advance(5_000);
  world.startController();
  world.apply(scaledCanary());
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
  assert.deepEqual(sizeOf(world, 'podinfo-primary'), { wanted: 3, ready: 3 });
  assert.equal(stringAt(autoscalerIn(world, 'podinfo-primary'), 'spec', 'scaleTargetRef', 'name'), 'podinfo-primary');
});
