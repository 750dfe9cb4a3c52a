import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startBundle } from '#test/bench/bundle-process.ts';
import { startRealCluster } from '#test/bench/real-cluster.ts';
import { bundle } from '../../build.ts';

let folder = '';
let file = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serin-bundle-'));
  file = await bundle(folder);
});
after(() => rm(folder, { recursive: true, force: true }));

test('the bundle knows its version', async () => {
  const manifest: { readonly version: string } = JSON.parse(await readFile('package.json', 'utf8'));
  assert.equal(execFileSync(process.execPath, [file, '--version'], { encoding: 'utf8' }), `${manifest.version}\n`);
});

test('the bundle carries the licence of what is in it', async () => {
  const text = await readFile(`${file}.LICENSES.txt`, 'utf8');
  for (const name of ['@kubernetes/client-node', 'undici', 'zod', 'prometheus-query', 'yaml']) {
    assert.match(
      text,
      new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(.+\\)\\n\\n.*copyright|^${name} .*\\n\\n +Apache`, 'ims'),
    );
  }
});

test('the bundled controller becomes ready against an API server, and drains on SIGTERM', async (t) => {
  const real = await startRealCluster({});
  t.after(real.stop);
  const controller = await startBundle({ file, ...real.controller });
  const health = await fetch(`http://127.0.0.1:${controller.port}/healthz`);
  assert.equal(health.status, 200);
  await real.until(
    'leader',
    () => real.cluster.api.list({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' }).length > 0,
  );
  const { code } = await controller.stop();
  assert.equal(code, 0);
  const [lease] = real.cluster.api.list({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' });
  assert.equal(Object(lease?.['spec'])['holderIdentity'] ?? '', '', 'the lease is given back');
});
