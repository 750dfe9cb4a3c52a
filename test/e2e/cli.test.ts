import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { stringAt } from '#src/lib/json.ts';
import { aCluster, promoted } from '#test/cli/a-cluster.ts';
import { serin, startProcess } from './serin-process.ts';

test('a reader that has seen enough ends -w quietly', async (t) => {
  const cluster = await aCluster(t);
  const watch = serin('get', 'canary', 'podinfo', '-w', '-o', 'json', '--kubeconfig', cluster.kubeconfig);
  const script = '{ "$@"; echo "ended with $?" >&2; } | head -1';
  const { out, ended } = startProcess(t, ['sh', '-c', script, 'sh', ...watch]);
  await once(out, 'readable');
  cluster.setStatus(promoted());
  const { out: line, err } = await ended;
  assert.equal(stringAt(JSON.parse(line), 'phase'), 'Progressing');
  assert.equal(err, 'ended with 0\n');
});

test('KUBECONFIG names the cluster too, and the exit code reaches the shell', async (t) => {
  const cluster = await aCluster(t);
  const environment = { KUBECONFIG: cluster.kubeconfig };
  const shown = await startProcess(t, serin('get', 'canary', 'podinfo', '-o', 'json'), environment).ended;
  assert.deepEqual([shown.code, shown.err], [0, '']);
  const missing = await startProcess(t, serin('get', 'canary', 'other'), environment).ended;
  assert.equal(missing.code, 1);
  assert.match(missing.err, /^Canary shop\/other does not exist\n/);
});

test('SIGTERM drains the controller: the lease is given back, and it ends with 0', async (t) => {
  const cluster = await aCluster(t);
  const args = serin('controller', '--kubeconfig', cluster.kubeconfig, '--port', '0', '--cluster', 'test');
  const { child, ended } = startProcess(t, args);
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'serin-system', name: 'serin' };
  const leading = Promise.withResolvers<void>();
  cluster.api.subscribe(({ object }) => {
    if (object.kind === 'Lease' && stringAt(object, 'spec', 'holderIdentity') !== '') leading.resolve();
  });
  await leading.promise;
  child.kill('SIGTERM');
  const { code, out } = await ended;
  assert.equal(code, 0);
  assert.equal(stringAt(cluster.api.read(lease), 'spec', 'holderIdentity'), '');
  const messages = out
    .trimEnd()
    .split('\n')
    .map((line) => stringAt(JSON.parse(line), 'msg'));
  assert.deepEqual([messages[0], ...messages.slice(-2)], ['started', 'draining', 'stopped']);
});

test('wrong usage ends with 64, before anything is loaded or asked for', () => {
  const [program = '', ...args] = serin('get', 'canary', 'podinfo', '--bogus');
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  assert.deepEqual([status, stdout, stderr], [64, '', "error: unknown option '--bogus'\n(see --help)\n"]);
});
