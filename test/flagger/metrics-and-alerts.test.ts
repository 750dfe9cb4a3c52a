import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { Metrics } from '#src/telemetry/metrics.ts';
import { canaryRef } from '#test/harness/a-world.ts';
import { aCanary } from '#test/harness/manifests.ts';
import { ended, push, serving } from '#test/harness/release.ts';
import { aFlaggerCanary, shop, withAnalysis } from './flagger-manifests.ts';
import { phase } from './flagger-world.ts';

// What a Canary of Flagger's names beside itself, its MetricTemplate and its AlertProvider, as its users have written it;
// and what its dashboards ask for.

const LIMIT = 300_000;

const template: KubeObject = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'MetricTemplate',
  metadata: { name: 'error-rate', namespace: 'shop' },
  spec: {
    provider: { type: 'prometheus', address: 'http://flagger-prometheus:9090' },
    query: `
      100 * (
        sum(rate(traefik_service_requests_total{service=~".*-svc-{{ namespace }}-{{ target }}-.+",code=~"5.."}[{{ interval }}])) or vector(0)
      ) / sum(rate(traefik_service_requests_total{service=~".*-svc-{{ namespace }}-{{ target }}-.+"}[{{ interval }}]))
    `,
  },
};

const receiver: KubeObject = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'AlertProvider',
  metadata: { name: 'on-call', namespace: 'shop' },
  spec: {
    type: 'slack',
    channel: 'on-call',
    username: 'flagger',
    address: 'https://hooks.slack.test/services/T0/B0/x',
  },
};

const canary = withAnalysis(
  {
    metrics: [{ name: 'error-rate', templateRef: { name: 'error-rate' }, thresholdRange: { max: 1 }, interval: '10s' }],
    alerts: [{ name: 'on-call', severity: 'error', providerRef: { name: 'on-call' } }],
  },
  aFlaggerCanary(),
);

const series = async (metrics: Metrics, start: string): Promise<readonly string[]> =>
  (await metrics.text()).split('\n').filter((line) => line.startsWith(start) && !line.includes('_bucket'));

test("Flagger's template judges, its receiver is told, and its metrics tell", async (t) => {
  const world = await serving(t);
  world.apply(shop(true));
  const { metrics } = world.startController({ settings: { watchFlagger: true } });
  for (const object of [template, receiver, canary]) world.apply(object);
  await world.clock.until(() => phase(world) === 'Initialized', LIMIT);
  assert.deepEqual(await series(metrics, 'flagger_canary_total'), ['flagger_canary_total{namespace="shop"} 1']);
  assert.deepEqual(await series(metrics, 'flagger_canary_status'), [
    'flagger_canary_status{name="podinfo",namespace="shop"} 1',
  ]);

  push(world, 'podinfo:6.9.0-bad');
  await world.clock.until(() => world.canary().canaryWeight === 25, LIMIT);
  assert.deepEqual(await series(metrics, 'flagger_canary_weight'), [
    'flagger_canary_weight{workload="podinfo-primary",namespace="shop"} 75',
    'flagger_canary_weight{workload="podinfo",namespace="shop"} 25',
  ]);
  assert.deepEqual(await series(metrics, 'flagger_canary_status'), [
    'flagger_canary_status{name="podinfo",namespace="shop"} 0',
  ]);
  await world.clock.until(ended(world, 1), LIMIT);
  await world.clock.until(() => world.messages.length > 0, 10_000);
  assert.deepEqual(
    world.messages.map(({ topic, to }) => ({ topic, to })),
    [{ topic: 'outcome', to: 'https://hooks.slack.test/services/T0/B0/x' }],
  );
  const [run] = world.canary().history;
  assert.equal(run?.outcome, 'RolledBack');
  assert.match(run?.sentence ?? '', /error-rate .* is above 1/);
  const [analysis = ''] = await series(metrics, 'flagger_canary_metric_analysis');
  assert.match(
    analysis,
    /^flagger_canary_metric_analysis\{name="podinfo",namespace="shop",metric="error-rate"\} [0-9.]+$/,
  );
  assert.ok(Number(analysis.split(' ')[1]) > 1);

  push(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 2), LIMIT);
  const labels = 'name="podinfo",namespace="shop",deployment_strategy="canary",analysis_status="completed"';
  assert.deepEqual(await series(metrics, 'flagger_canary_failures'), [`flagger_canary_failures_total{${labels}} 1`]);
  assert.deepEqual(await series(metrics, 'flagger_canary_successes'), [`flagger_canary_successes_total{${labels}} 1`]);
  assert.deepEqual(await series(metrics, 'serin_canary_last_outcome'), [
    'serin_canary_last_outcome{name="podinfo",namespace="shop",outcome="Promoted",cause=""} 1',
  ]);
  assert.equal((await series(metrics, 'flagger_canary_duration_seconds_count')).length, 1);

  world.remove({ apiVersion: 'flagger.app/v1beta1', kind: 'Canary', namespace: 'shop', name: 'podinfo' });
  await world.clock.until(() => world.read(canaryRef()) === undefined, LIMIT);
  await world.clock.advance(5_000);
  assert.deepEqual(await series(metrics, 'flagger_canary_'), [], 'series end with the Canary');
  assert.deepEqual(await series(metrics, 'serin_canary_'), []);
});

test('a Canary of our own has no series under the name of Flagger', async (t) => {
  const world = await serving(t);
  const { metrics } = world.startController({ settings: { watchFlagger: true } });
  world.apply(aCanary());
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
  assert.deepEqual(await series(metrics, 'flagger_canary_'), []);
  assert.deepEqual(await series(metrics, 'serin_canary_weight'), [
    'serin_canary_weight{name="podinfo",namespace="shop",workload="podinfo-primary"} 100',
    'serin_canary_weight{name="podinfo",namespace="shop",workload="podinfo-canary"} 0',
  ]);
  assert.deepEqual(await series(metrics, 'serin_canary_metric_threshold'), [
    'serin_canary_metric_threshold{name="podinfo",namespace="shop",metric="request-success-rate",bound="min"} 99',
  ]);
});
