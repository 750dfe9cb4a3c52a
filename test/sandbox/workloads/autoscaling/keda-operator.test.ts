import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordAt } from '#src/lib/json.ts';
import { seededRandom } from '#src/lib/random.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';
import { PodNetwork } from '#src/sandbox/network/pod-network.ts';
import { ImageCatalogue } from '#src/sandbox/workloads/image-catalogue.ts';
import { startWorkloads } from '#src/sandbox/workloads/start-workloads.ts';
import { aScaledObject, conditionIn } from '#test/harness/autoscaled.ts';
import { deployment, user } from '../workload-world.ts';

const SCALED_OBJECT = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', namespace: 'shop', name: 'podinfo' };
const HPA = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', namespace: 'shop' };

/** podinfo with two pods and a ScaledObject, whose query gives what `metric.value` says. */
const scaled = async (spec: Readonly<Record<string, unknown>> = {}) => {
  const clock = new VirtualClock();
  const backend = new SandboxApi({ clock });
  const metric: { value: number | undefined } = { value: 4 };
  const network = new PodNetwork({ listen: false });
  const catalogue = new ImageCatalogue({ 'shop/app:1': {} });
  backend.write({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }, user);
  startWorkloads({ backend, random: seededRandom(7), catalogue, network, query: () => metric.value });
  backend.write(deployment({ name: 'podinfo' }), user);
  await clock.advance(1000);
  backend.write(aScaledObject(spec), user);
  await clock.advance(1000);
  const replicas = (): unknown =>
    recordAt(backend.read({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'podinfo' }), 'spec')[
      'replicas'
    ];
  const annotate = (annotations: Readonly<Record<string, string>>): void => {
    const object = backend.read(SCALED_OBJECT);
    assert.ok(object);
    backend.write({ ...object, metadata: { ...object.metadata, annotations } }, user);
  };
  const hpa = () => backend.read({ ...HPA, name: 'keda-hpa-podinfo' });
  return { clock, backend, metric, replicas, annotate, hpa, scaledObject: () => backend.read(SCALED_OBJECT) };
};

test('a ScaledObject has an autoscaler that follows its query', async () => {
  const { clock, metric, replicas, hpa } = await scaled();
  metric.value = 11;
  await clock.advance(60_000);
  assert.equal(replicas(), 6);
  assert.equal(conditionIn(hpa(), 'ScalingActive'), 'True ValidMetricFound');
});

test('paused at a number, its workload is brought there once and its autoscaler goes; resumed, it comes back', async () => {
  const { clock, replicas, annotate, hpa, scaledObject } = await scaled();
  annotate({ 'autoscaling.keda.sh/paused-replicas': '0' });
  await clock.advance(60_000);
  assert.deepEqual([replicas(), hpa()], [0, undefined]);
  assert.match(conditionIn(scaledObject(), 'Paused'), /^True/);
  annotate({});
  await clock.advance(60_000);
  assert.equal(replicas(), 2);
  assert.ok(hpa());
});

test('paused without a number, the workload stays as it is', async () => {
  const { clock, metric, replicas, annotate } = await scaled();
  annotate({ 'autoscaling.keda.sh/paused': 'true' });
  metric.value = 100;
  await clock.advance(60_000);
  assert.equal(replicas(), 2);
});

test('from zero and to zero it scales by itself, and to the idle number below its fewest', async () => {
  const { clock, metric, replicas } = await scaled({ minReplicaCount: 0, cooldownPeriod: 30 });
  metric.value = 0;
  await clock.advance(60_000);
  assert.equal(replicas(), 0);
  metric.value = 1;
  await clock.advance(15_000);
  assert.equal(replicas(), 1);
  const idle = await scaled({ minReplicaCount: 3, idleReplicaCount: 0, cooldownPeriod: 30 });
  idle.metric.value = 0;
  await idle.clock.advance(45_000);
  assert.equal(idle.replicas(), 0);
});

test('a trigger of another type is refused by name', async () => {
  const { scaledObject, hpa } = await scaled({ triggers: [{ type: 'kafka', metadata: {} }] });
  assert.match(conditionIn(scaledObject(), 'Ready'), /^False/);
  assert.match(JSON.stringify(scaledObject()), /no trigger of type kafka/);
  assert.equal(hpa(), undefined);
});
