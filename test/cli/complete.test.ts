import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GateStatus } from '#src/api/canary-status.ts';
import { aCanary } from '#test/harness/manifests.ts';
import { aCluster, progressing, promoted } from './a-cluster.ts';
import { NOW, runSerin } from './run-serin.ts';

const gate = (name: string, state: GateStatus['state']): GateStatus => ({
  name,
  type: 'confirm-rollout',
  step: 0,
  since: new Date(NOW).toISOString(),
  state,
});

test('names, gates, runs and revisions are offered where they stand', async (t) => {
  const cluster = await aCluster(t);
  const beside = aCanary({}, 'beside');
  cluster.api.write(beside, { manager: 'test' });
  const { run, ...rest } = progressing({ history: promoted().history.map((entry) => ({ ...entry, id: 'v1-7' })) });
  assert.ok(run);
  const desired = { revision: 'v2', hash: 'h', since: run.startedAt };
  cluster.setStatus({
    ...rest,
    desired,
    run: { ...run, gates: [gate('smoke', 'Open'), gate('load-test', 'Waiting')] },
  });
  const offered = async (...words: readonly string[]): Promise<readonly string[]> => {
    // Right behind the command, wherever the cursor is.
    const behind = words[0] === 'get' ? 2 : words.length === 1 ? 0 : 1;
    const said = words.toSpliced(behind, 0, ...(behind === 0 ? [] : ['--kubeconfig', cluster.kubeconfig]));
    const ran = await runSerin(['complete', '--', ...said]);
    assert.deepEqual([ran.code, ran.err], [0, '']);
    return ran.out.split('\n').filter((word) => word !== '');
  };
  for (const words of [
    ['abort', ''],
    ['get', 'canary', 'po'],
    ['history', '--run', '1', ''],
    ['promote', '--full', '-n', 'shop', ''],
    ['promote', '-y', '--namespace=shop', ''],
  ]) {
    assert.deepEqual(await offered(...words), ['beside', 'podinfo'], words.join(' '));
  }
  assert.deepEqual(await offered('approve', 'podinfo', ''), ['load-test']);
  assert.deepEqual(await offered('abort', 'podinfo', '--run', ''), ['v2-1', 'v1-7']);
  assert.deepEqual(await offered('retry', 'podinfo', '--revision', ''), ['v2']);
  for (const words of [
    [''],
    ['abort', 'podinfo', ''],
    ['approve', 'podinfo', 'load-test', ''],
    ['abort', 'podinfo', '--reason', ''],
    ['get', 'canary', '-n', ''],
    ['abort', '-n', 'nowhere', ''],
    ['approve', 'nobody', ''],
    ['completion', ''],
  ]) {
    assert.deepEqual(await offered(...words), [], words.join(' '));
  }
});

test('without a cluster nothing is offered, and nothing is said', async () => {
  const words = ['abort', '--kubeconfig', '/nowhere/config', ''];
  assert.deepEqual(await runSerin(['complete', '--', ...words]), { code: 0, out: '', err: '' });
});
