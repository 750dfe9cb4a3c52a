import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordAt, stringAt } from '#src/lib/json.ts';
import { anHpa, conditionIn } from '#test/harness/autoscaled.ts';
import { deployment, user, workloadWorld } from '../workload-world.ts';

type Fields = Readonly<Record<string, unknown>>;
const HPA = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', namespace: 'shop', name: 'podinfo' };
const get = { method: 'GET', host: 'app', path: '/', headers: {} } as const;

/** Two pods, an autoscaler, and users who ask each pod in turn; `rps` says how often, and can be changed. */
const scaled = async (spec: Fields = {}, container: Fields = {}) => {
  const world = workloadWorld();
  const users = { rps: 0 };
  world.backend.write(deployment({ name: 'podinfo', container }), user);
  await world.clock.advance(1000);
  world.backend.write(anHpa(spec), user);
  let turn = 0;
  const ask = (): void => {
    const pods = world.pods({ app: 'podinfo' });
    for (let n = 0; n < users.rps; n++) {
      const address = stringAt(pods[turn++ % Math.max(1, pods.length)], 'status', 'podIP');
      if (address !== undefined) void world.network.send({ address, port: 8080 }, get).catch(() => {});
    }
    world.clock.after(1000, ask);
  };
  world.clock.after(1000, ask);
  const replicas = (): unknown => recordAt(world.get('Deployment', 'podinfo'), 'spec')['replicas'];
  const hpa = () => world.backend.read(HPA);
  return { ...world, users, replicas, hpa };
};

test('replicas follow the requests that pods really get, up and down, between the bounds', async () => {
  const { clock, users, replicas, hpa } = await scaled();
  users.rps = 10;
  await clock.advance(60_000);
  assert.equal(replicas(), 5);
  assert.equal(conditionIn(hpa(), 'ScalingActive'), 'True ValidMetricFound');
  users.rps = 180;
  await clock.advance(90_000);
  assert.equal(replicas(), 20);
  users.rps = 3;
  await clock.advance(120_000);
  assert.equal(replicas(), 2);
});

test('at 0 replicas it is off by itself', async () => {
  const { clock, users, replicas, hpa, change, get: object } = await scaled();
  users.rps = 10;
  change(object('Deployment', 'podinfo'), { replicas: 0 });
  await clock.advance(60_000);
  assert.equal(replicas(), 0);
  assert.equal(conditionIn(hpa(), 'ScalingActive'), 'False ScalingDisabled');
});

test('below its fewest and above its most replicas it asks no metric', async () => {
  const { clock, replicas, change, hpa, backend } = await scaled({ metrics: [{ type: 'Object', object: {} }] });
  await clock.advance(60_000);
  assert.equal(conditionIn(hpa(), 'ScalingActive'), 'False InvalidMetricSourceType');
  assert.equal(replicas(), 2);
  const standing = hpa();
  assert.ok(standing);
  change(standing, { minReplicas: 7 });
  await clock.advance(30_000);
  assert.equal(replicas(), 7);
  const raised = backend.read(HPA);
  assert.ok(raised);
  change(raised, { minReplicas: 1, maxReplicas: 3 });
  await clock.advance(30_000);
  assert.equal(replicas(), 3);
});

test('it looks back before it scales down, and goes no faster than its policies', async () => {
  const policies = [{ type: 'Pods', value: 1, periodSeconds: 60 }];
  const behavior = { scaleDown: { stabilizationWindowSeconds: 120, policies } };
  const { clock, users, replicas } = await scaled({ behavior });
  users.rps = 10;
  await clock.advance(60_000);
  assert.equal(replicas(), 5);
  users.rps = 2;
  await clock.advance(110_000);
  assert.equal(replicas(), 5);
  await clock.advance(45_000);
  assert.equal(replicas(), 4);
  await clock.advance(60_000);
  assert.equal(replicas(), 3);
});

test('cpu is a hundredth of a core for each request a second, against what the containers request', async () => {
  const target = { type: 'Utilization', averageUtilization: 50 };
  const { clock, users, replicas, hpa } = await scaled(
    { metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }] },
    { resources: { requests: { cpu: '200m' } } },
  );
  users.rps = 40;
  await clock.advance(90_000);
  assert.equal(replicas(), 4);
  assert.deepEqual(recordAt(hpa(), 'status')['currentMetrics'], [
    { type: 'Resource', resource: { name: 'cpu', current: { averageValue: '100m', averageUtilization: 50 } } },
  ]);
});
