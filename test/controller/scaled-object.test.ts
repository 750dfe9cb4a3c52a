import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, listAt, numberAt, recordAt } from '#src/lib/json.ts';
import { canaryRef, type World } from '#test/harness/a-world.ts';
import { anHpa, aScaledObject, autoscalerIn, SCALED_BY_HPA, SCALED_BY_KEDA, sizeOf } from '#test/harness/autoscaled.ts';
import { aCanary, aDeployment, adopting, aRoute } from '#test/harness/manifests.ts';
import { ended, type Owner, push, serving } from '#test/harness/release.ts';

const LIMIT = 240_000;
const PAUSED_AT = 'autoscaling.keda.sh/paused-replicas';
const BASELINE = 'serin.dev/baseline';

const canary = (spec: Readonly<Record<string, unknown>> = {}) =>
  aCanary({ ...adopting(), autoscalerRef: SCALED_BY_KEDA, ...spec });

/** podinfo with a ScaledObject, and with users once it is taken over: the query is about the primary then. */
const takenOverByKeda = async (owner: Owner, annotations: Readonly<Record<string, string>> = {}): Promise<World> => {
  const world = await serving(owner, { rps: 10 });
  world.apply(aRoute());
  world.apply(aDeployment('podinfo:6.0.0'));
  world.apply(aScaledObject({}, annotations));
  await world.clock.advance(30_000);
  world.startController();
  world.apply(canary());
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
  return world;
};

const scaledObject = (world: World, name = 'podinfo') => autoscalerIn(world, name, SCALED_BY_KEDA);
const annotationsOf = (world: World): Readonly<Record<string, string>> =>
  scaledObject(world)?.metadata.annotations ?? {};
const hpaOf = (world: World, name: string) => autoscalerIn(world, `keda-hpa-${name}`);

test("the target's ScaledObject is paused and the primary's scales, until both are given back", async (t) => {
  const world = await takenOverByKeda(t);
  const mark = world.load.snapshot();
  const primarys = scaledObject(world, 'podinfo-primary');
  assert.equal(at(primarys, 'spec', 'scaleTargetRef', 'name'), 'podinfo-primary');
  assert.equal(
    at(listAt(primarys, 'spec', 'triggers')[0], 'metadata', 'query'),
    'sum(rate(traefik_service_requests_total{service=~".*-svc-shop-podinfo-primary-.*"}[30s]))',
  );
  assert.deepEqual([annotationsOf(world)[PAUSED_AT], primarys?.metadata.annotations?.[PAUSED_AT]], ['0', undefined]);
  await world.clock.advance(60_000);
  assert.deepEqual([sizeOf(world, 'podinfo').wanted, hpaOf(world, 'podinfo')], [0, undefined]);
  assert.equal(sizeOf(world, 'podinfo-primary').ready, 5);

  push(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 1), LIMIT);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
  assert.equal(numberAt(scaledObject(world, 'podinfo-primary'), 'spec', 'minReplicaCount'), 5);
  await world.clock.advance(310_000);
  assert.equal(numberAt(scaledObject(world, 'podinfo-primary'), 'spec', 'minReplicaCount'), 2);

  // Paused on at the number of the primary, until the traffic has come.
  const pauses = new Set<string | undefined>();
  world.remove(canaryRef());
  for (let n = 0; n < 200 && world.read(canaryRef()) !== undefined; n++) {
    await world.clock.advance(100);
    pauses.add(annotationsOf(world)[PAUSED_AT]);
    assert.ok(sizeOf(world, 'podinfo').ready + sizeOf(world, 'podinfo-primary').ready >= 5);
  }
  assert.deepEqual([...pauses], ['5', undefined]);
  assert.deepEqual([annotationsOf(world)[BASELINE], scaledObject(world, 'podinfo-primary')], [undefined, undefined]);
  await world.clock.advance(30_000);
  assert.ok(hpaOf(world, 'podinfo'));
  assert.equal(world.load.since(mark).failures, 0);
});

test('a pause of somebody else comes back in the end, and one that holds everything is left alone', async (t) => {
  const world = await takenOverByKeda(t, { [PAUSED_AT]: '3' });
  assert.equal(annotationsOf(world)[PAUSED_AT], '0');
  assert.equal(sizeOf(world, 'podinfo-primary').wanted, 3);
  // Whoever sets it back is told, and gets it in the end.
  world.apply(aScaledObject({}, { [PAUSED_AT]: '4' }));
  await world.clock.advance(30_000);
  assert.deepEqual([annotationsOf(world)[PAUSED_AT], sizeOf(world, 'podinfo').wanted], ['0', 0]);
  world.remove(canaryRef());
  await world.clock.until(() => world.read(canaryRef()) === undefined, LIMIT);
  assert.equal(annotationsOf(world)[PAUSED_AT], '4');

  const held = await takenOverByKeda(t, { 'autoscaling.keda.sh/paused': 'true' });
  assert.deepEqual(annotationsOf(held), { 'autoscaling.keda.sh/paused': 'true' });
  assert.equal(sizeOf(held, 'podinfo').wanted, 0);
  assert.equal(scaledObject(held, 'podinfo-primary')?.metadata.annotations?.['autoscaling.keda.sh/paused'], undefined);
});

test('another autoscaler named in its place: the ScaledObject is let go, the primary has the new one', async (t) => {
  const world = await takenOverByKeda(t);
  await world.clock.advance(60_000);
  world.remove({ ...SCALED_BY_KEDA, namespace: 'shop' });
  world.apply(anHpa());
  world.apply(canary({ autoscalerRef: SCALED_BY_HPA }));
  await world.clock.advance(60_000);
  assert.equal(scaledObject(world, 'podinfo-primary'), undefined);
  assert.equal(at(autoscalerIn(world, 'podinfo-primary'), 'spec', 'scaleTargetRef', 'name'), 'podinfo-primary');
  assert.deepEqual(sizeOf(world, 'podinfo-primary'), { wanted: 5, ready: 5 });
  assert.equal(recordAt(world.canary().adopted)['scaledObject'], undefined);
});

test('one that is named no more and still there is given back, and told', async (t) => {
  const world = await takenOverByKeda(t);
  const { autoscalerRef: _, ...spec } = recordAt(canary(), 'spec');
  world.apply({ ...canary(), spec });
  await world.clock.advance(60_000);
  assert.deepEqual([annotationsOf(world)[PAUSED_AT], annotationsOf(world)[BASELINE]], [undefined, undefined]);
  assert.equal(scaledObject(world, 'podinfo-primary'), undefined);
  const stalled = world.canary().conditions.find(({ type }) => type === 'Stalled');
  assert.match(
    stalled?.message ?? '',
    /^spec.autoscalerRef: ScaledObject shop\/podinfo scales podinfo, which runs nothing under a Canary, so that podinfo-primary would not be scaled at all: set autoscalerRef to \{ apiVersion: keda.sh\/v1alpha1, kind: ScaledObject, name: podinfo \}, or delete it$/,
  );
});

test('a ScaledObject of a target that is gone is not left paused', async (t) => {
  const world = await takenOverByKeda(t);
  world.remove({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'podinfo' });
  world.remove(canaryRef());
  await world.clock.until(() => world.read(canaryRef()) === undefined, LIMIT);
  assert.equal(annotationsOf(world)[PAUSED_AT], undefined);
});

test('a ScaledObject that does not exist is told, with what would be right', async (t) => {
  const world = await serving(t, { rps: 1 });
  world.startController();
  world.apply(canary());
  await world.clock.advance(5_000);
  const stalled = world.canary().conditions.find(({ type, status }) => type === 'Stalled' && status === 'True');
  assert.match(
    stalled?.message ?? '',
    /^spec.autoscalerRef: ScaledObject shop\/podinfo does not exist: create it, or remove autoscalerRef;/,
  );
});
