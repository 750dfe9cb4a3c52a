import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '#src/telemetry/metrics.ts';

const lines = async (metrics: ReturnType<typeof createMetrics>, name: string): Promise<readonly string[]> =>
  (await metrics.text()).split('\n').filter((line) => line.startsWith(name));

test('tells the status of a Canary in numbers, and its weight', async () => {
  const metrics = createMetrics('1.2.3');
  const phases = { run: 'Progressing', well: 'Succeeded', new: 'Initialized', bad: 'Failed' } as const;
  for (const [name, phase] of Object.entries(phases)) metrics.canary({ namespace: 'shop', name, phase, weight: 5 });
  metrics.canary({ namespace: 'shop', name: 'none', weight: 0 });
  assert.deepEqual(await lines(metrics, 'serin_canary_status{'), [
    'serin_canary_status{name="run",namespace="shop"} 0',
    'serin_canary_status{name="well",namespace="shop"} 1',
    'serin_canary_status{name="new",namespace="shop"} 1',
    'serin_canary_status{name="bad",namespace="shop"} 2',
    'serin_canary_status{name="none",namespace="shop"} 0',
  ]);
  assert.equal((await lines(metrics, 'serin_canary_weight{'))[0], 'serin_canary_weight{name="run",namespace="shop"} 5');
  assert.deepEqual(await lines(metrics, 'serin_info{'), ['serin_info{version="1.2.3"} 1']);
});

test('ends the series of a Canary that is gone', async () => {
  const metrics = createMetrics('');
  metrics.canary({ namespace: 'shop', name: 'podinfo', weight: 5 });
  metrics.forget({ namespace: 'shop', name: 'podinfo' });
  assert.deepEqual(await lines(metrics, 'serin_canary_'), []);
});

test('counts runs by outcome and cause, and reads what is asked at each scrape', async () => {
  const metrics = createMetrics('');
  metrics.ended({ outcome: 'RolledBack', cause: 'ThresholdReached' });
  metrics.ended({ outcome: 'RolledBack', cause: 'ThresholdReached' });
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
  metrics.reconciled({ seconds: 0.003, result: 'ok' });
  metrics.effect({ kind: 'commit', seconds: 0.3, result: 'failed' });
  metrics.leading(true);
  const text = await metrics.text();
  assert.match(text, /serin_reconcile_seconds_bucket\{le="0.005",result="ok"\} 1/);
  assert.match(text, /serin_effect_seconds_count\{kind="commit",result="failed"\} 1/);
  assert.match(text, /^serin_leader 1$/m);
});
