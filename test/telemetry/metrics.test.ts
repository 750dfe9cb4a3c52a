import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '#src/telemetry/metrics.ts';
import { anEnd, aSample } from './a-sample.ts';

const lines = async (metrics: ReturnType<typeof createMetrics>, name: string): Promise<readonly string[]> =>
  (await metrics.text()).split('\n').filter((line) => line.startsWith(name));

const flagger = { meshProvider: 'istio' };

test('tells the status of a Canary in numbers, and what each of its workloads gets', async () => {
  const metrics = createMetrics('1.2.3');
  const phases = { run: 'Progressing', well: 'Succeeded', new: 'Initialized', bad: 'Failed' } as const;
  for (const [name, phase] of Object.entries(phases)) metrics.canary(aSample({ name, phase }));
  metrics.canary(aSample({ name: 'none', phase: undefined, weight: 0 }));
  assert.deepEqual(await lines(metrics, 'serin_canary_status{'), [
    'serin_canary_status{name="run",namespace="shop"} 0',
    'serin_canary_status{name="well",namespace="shop"} 1',
    'serin_canary_status{name="new",namespace="shop"} 1',
    'serin_canary_status{name="bad",namespace="shop"} 2',
    'serin_canary_status{name="none",namespace="shop"} 0',
  ]);
  assert.deepEqual((await lines(metrics, 'serin_canary_weight{')).slice(0, 2), [
    'serin_canary_weight{name="run",namespace="shop",workload="app-primary"} 95',
    'serin_canary_weight{name="run",namespace="shop",workload="app-canary"} 5',
  ]);
  assert.deepEqual(await lines(metrics, 'serin_info{'), ['serin_info{version="1.2.3"} 1']);
});

test('tells the newest value of each metric, its limits, and how the last run ended', async () => {
  const metrics = createMetrics('');
  const judged = [
    { name: 'success', value: 99.5, min: 99 },
    { name: 'lag', min: 0, max: 10 },
  ];
  metrics.canary(aSample({ metrics: judged, last: { outcome: 'RolledBack', cause: 'ThresholdReached' } }));
  const analysis = 'serin_canary_metric_analysis{name="podinfo",namespace="shop",metric="success"}';
  assert.deepEqual(await lines(metrics, 'serin_canary_metric_analysis{'), [`${analysis} 99.5`], 'no value, no series');
  assert.deepEqual(await lines(metrics, 'serin_canary_metric_threshold{'), [
    'serin_canary_metric_threshold{name="podinfo",namespace="shop",metric="success",bound="min"} 99',
    'serin_canary_metric_threshold{name="podinfo",namespace="shop",metric="lag",bound="min"} 0',
    'serin_canary_metric_threshold{name="podinfo",namespace="shop",metric="lag",bound="max"} 10',
  ]);
  assert.deepEqual(await lines(metrics, 'serin_canary_last_outcome{'), [
    'serin_canary_last_outcome{name="podinfo",namespace="shop",outcome="RolledBack",cause="ThresholdReached"} 1',
  ]);
  // The run is over: its values stay. The metric lag is not asked any more.
  metrics.canary(aSample({ metrics: [{ name: 'success', min: 98 }], last: { outcome: 'Promoted' } }));
  assert.deepEqual(await lines(metrics, 'serin_canary_metric_analysis{'), [`${analysis} 99.5`]);
  assert.deepEqual(await lines(metrics, 'serin_canary_metric_threshold{'), [
    'serin_canary_metric_threshold{name="podinfo",namespace="shop",metric="success",bound="min"} 98',
  ]);
  assert.deepEqual(await lines(metrics, 'serin_canary_last_outcome{'), [
    'serin_canary_last_outcome{name="podinfo",namespace="shop",outcome="Promoted",cause=""} 1',
  ]);
});

test('counts what was promoted and what was not; what was overtaken is neither', async () => {
  const metrics = createMetrics('');
  for (const outcome of ['RolledBack', 'Aborted', 'Inconclusive', 'Superseded', 'Withdrawn'] as const)
    metrics.ended(anEnd({ outcome }));
  metrics.ended(anEnd({ outcome: 'Promoted', strategy: 'blueGreen' }));
  metrics.ended(anEnd({ outcome: 'FastPromoted', strategy: 'abTest', fast: true }));
  const labels = 'name="podinfo",namespace="shop"';
  assert.deepEqual(await lines(metrics, 'serin_canary_failures_total{'), [
    `serin_canary_failures_total{${labels},deployment_strategy="canary",analysis_status="completed"} 3`,
  ]);
  assert.deepEqual(await lines(metrics, 'serin_canary_successes_total{'), [
    `serin_canary_successes_total{${labels},deployment_strategy="blue-green",analysis_status="completed"} 1`,
    `serin_canary_successes_total{${labels},deployment_strategy="ab-testing",analysis_status="skipped"} 1`,
  ]);
});

test('ends every series of a Canary that is gone, and no other', async () => {
  const metrics = createMetrics('', { flagger });
  for (const name of ['gone', 'stays']) {
    const shadow = { name, target: name, isShadow: true } as const;
    metrics.canary(aSample({ ...shadow, metrics: [{ name: 'lag', value: 1, max: 2 }], last: { outcome: 'Promoted' } }));
    metrics.ended(anEnd(shadow));
    metrics.ended(anEnd({ ...shadow, outcome: 'Promoted' }));
    metrics.reconciled(`shop/${name}`, { seconds: 0.2, result: 'ok' });
  }
  const of = async (name: string) =>
    (await metrics.text()).split('\n').filter((line) => line.includes(`="${name}`)).length;
  const before = await of('stays');
  assert.ok(before > 25);
  assert.equal(await of('gone'), before);
  metrics.forget({ namespace: 'shop', name: 'gone' });
  assert.equal(await of('gone'), 0);
  assert.equal(await of('stays'), before);
  metrics.reconciled('shop/gone', { seconds: 0.2, result: 'ok' });
  assert.equal(await of('gone'), 0, 'the look that found it gone leaves nothing behind');
});

test("tells Flagger's metrics under Flagger's names, of the Canaries that stand for Flagger's alone", async () => {
  const metrics = createMetrics('1.2.3', { flagger });
  metrics.canaries(() => [
    { namespace: 'shop', isShadow: true },
    { namespace: 'shop', isShadow: false },
    { namespace: 'test', isShadow: true },
  ]);
  const judged = [{ name: 'lag', value: 3, max: 10 }];
  metrics.canary(aSample({ isShadow: true, metrics: judged }));
  metrics.canary(aSample({ name: 'own', target: 'own', metrics: judged }));
  metrics.ended(anEnd({ isShadow: true, outcome: 'Promoted' }));
  metrics.ended(anEnd({ isShadow: true }));
  metrics.ended(anEnd({ name: 'own', target: 'own' }));
  metrics.reconciled('shop/podinfo', { seconds: 0.3, result: 'ok' });
  metrics.reconciled('shop/own', { seconds: 0.3, result: 'ok' });
  const told = (await metrics.text())
    .split('\n')
    .filter((line) => line.startsWith('flagger_') && !line.includes('_bucket'));
  assert.deepEqual(told.toSorted(), [
    'flagger_canary_duration_seconds_count{name="app",namespace="shop"} 1',
    'flagger_canary_duration_seconds_sum{name="app",namespace="shop"} 0.3',
    'flagger_canary_failures_total{name="app",namespace="shop",deployment_strategy="canary",analysis_status="completed"} 1',
    'flagger_canary_metric_analysis{name="app",namespace="shop",metric="lag"} 3',
    'flagger_canary_status{name="app",namespace="shop"} 0',
    'flagger_canary_successes_total{name="app",namespace="shop",deployment_strategy="canary",analysis_status="completed"} 1',
    'flagger_canary_total{namespace="shop"} 1',
    'flagger_canary_total{namespace="test"} 1',
    'flagger_canary_weight{workload="app",namespace="shop"} 5',
    'flagger_canary_weight{workload="app-primary",namespace="shop"} 95',
    'flagger_info{version="1.2.3",mesh_provider="istio"} 1',
  ]);
  assert.match(
    await metrics.text(),
    /flagger_canary_duration_seconds_bucket\{le="0.5",name="app",namespace="shop"\} 1/,
  );
  assert.deepEqual(await lines(metrics, 'serin_canary_total{'), [
    'serin_canary_total{namespace="shop"} 2',
    'serin_canary_total{namespace="test"} 1',
  ]);
  assert.deepEqual(await lines(createMetrics(''), 'flagger_'), [], 'and not at all where it is not asked for');
});

test('counts runs by outcome and cause, and reads what is asked at each scrape', async () => {
  const metrics = createMetrics('');
  metrics.ended(anEnd());
  metrics.ended(anEnd({ name: 'other' }));
  assert.deepEqual(await lines(metrics, 'serin_runs_total{'), [
    'serin_runs_total{outcome="RolledBack",cause="ThresholdReached"} 2',
  ]);
  let depth = 3;
  metrics.observe('queue_depth', () => depth);
  assert.deepEqual(await lines(metrics, 'serin_queue_depth '), ['serin_queue_depth 3']);
  depth = 0;
  assert.deepEqual(await lines(metrics, 'serin_queue_depth '), ['serin_queue_depth 0']);
});

test('times reconciles and effects, and says who leads', async () => {
  const metrics = createMetrics('');
  metrics.canary(aSample());
  metrics.reconciled('shop/podinfo', { seconds: 0.003, result: 'ok' });
  metrics.effect({ kind: 'commit', seconds: 0.3, result: 'failed' });
  metrics.leading(true);
  const text = await metrics.text();
  assert.match(text, /serin_reconcile_seconds_bucket\{le="0.005",result="ok"\} 1/);
  assert.match(text, /serin_canary_duration_seconds_sum\{name="podinfo",namespace="shop"\} 0.003/);
  assert.match(text, /serin_effect_seconds_count\{kind="commit",result="failed"\} 1/);
  assert.match(text, /^serin_leader 1$/m);
});
