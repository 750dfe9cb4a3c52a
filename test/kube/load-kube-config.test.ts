import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadKubeConfig } from '#src/kube/load-kube-config.ts';

/** A kubeconfig with two contexts, `one` and `two`, in a folder of its own. */
const kubeconfig = (t: TestContext, parts: { readonly cluster?: object; readonly user?: object }): string => {
  const folder = mkdtempSync(join(tmpdir(), 'serin-kubeconfig-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'one',
    clusters: [
      { name: 'c', cluster: { server: 'https://one.test:6443', ...parts.cluster } },
      { name: 'd', cluster: { server: 'https://two.test' } },
    ],
    users: [
      { name: 'u', user: { ...parts.user } },
      { name: 'v', user: { username: 'me', password: 'pass' } },
    ],
    contexts: [
      { name: 'one', context: { cluster: 'c', user: 'u' } },
      { name: 'two', context: { cluster: 'd', user: 'v' } },
      { name: 'lost', context: { cluster: 'nowhere', user: 'u' } },
    ],
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
};

test('reads server, CA, client certificate and token', async (t) => {
  const path = kubeconfig(t, {
    cluster: { 'certificate-authority-data': btoa('ca'), 'tls-server-name': 'kubernetes' },
    user: { token: 'secret', 'client-certificate-data': btoa('cert'), 'client-key-data': btoa('key') },
  });
  const { server, tls, headers } = await loadKubeConfig({ from: 'file', path });
  assert.equal(server, 'https://one.test:6443');
  assert.deepEqual(Object.fromEntries(Object.entries(tls).map(([name, value]) => [name, String(value)])), {
    ca: 'ca',
    cert: 'cert',
    key: 'key',
    servername: 'kubernetes',
  });
  assert.deepEqual(await headers(), { authorization: 'Bearer secret' });
});

test('reads a token file, without its newline', async (t) => {
  const tokenFile = join(mkdtempSync(join(tmpdir(), 'serin-token-')), 'token');
  t.after(() => rmSync(join(tokenFile, '..'), { recursive: true }));
  writeFileSync(tokenFile, 'abc\n');
  const path = kubeconfig(t, { user: { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } } });
  const { headers } = await loadKubeConfig({ from: 'file', path });
  assert.deepEqual(await headers(), { authorization: 'Bearer abc' });
});

test('takes the context that is asked for, and basic credentials', async (t) => {
  const { server, headers } = await loadKubeConfig({ from: 'file', path: kubeconfig(t, {}), context: 'two' });
  assert.equal(server, 'https://two.test');
  assert.deepEqual(await headers(), { authorization: `Basic ${btoa('me:pass')}` });
});

test('skips verification only when the kubeconfig says so', async (t) => {
  const sure = await loadKubeConfig({ from: 'file', path: kubeconfig(t, {}) });
  assert.equal(sure.tls.rejectUnauthorized, undefined);
  const path = kubeconfig(t, { cluster: { 'insecure-skip-tls-verify': true } });
  assert.equal((await loadKubeConfig({ from: 'file', path })).tls.rejectUnauthorized, false);
});

test('takes a server that speaks plain HTTP, as a local proxy or the sandbox does', async (t) => {
  const path = kubeconfig(t, { cluster: { server: 'http://127.0.0.1:8001' }, user: { token: 'secret' } });
  const { server, headers } = await loadKubeConfig({ from: 'file', path });
  assert.equal(server, 'http://127.0.0.1:8001');
  assert.deepEqual(await headers(), { authorization: 'Bearer secret' });
});

test('says what is wrong with a kubeconfig', async (t) => {
  await assert.rejects(loadKubeConfig({ from: 'file', path: '/nowhere/config' }), (error: Error) => {
    assert.match(error.message, /^Cannot load the kubeconfig \/nowhere\/config$/);
    assert.match(String(error.cause), /ENOENT/);
    return true;
  });
  const path = kubeconfig(t, { cluster: { 'proxy-url': 'http://proxy.test' } });
  await assert.rejects(loadKubeConfig({ from: 'file', path }), /proxy-url of cluster "c": not supported yet/);
  for (const context of ['lost', 'missing']) {
    await assert.rejects(
      loadKubeConfig({ from: 'file', path, context }),
      new RegExp(`Cannot use context "${context}" of the kubeconfig: it names no known cluster`),
    );
  }
});

test('does not make up a cluster when there is none', async (t) => {
  const before = { ...process.env };
  const home = mkdtempSync(join(tmpdir(), 'serin-home-'));
  t.after(() => rmSync(home, { recursive: true }));
  try {
    delete process.env['KUBECONFIG'];
    process.env['HOME'] = home;
    await assert.rejects(loadKubeConfig({ from: 'default' }), /Cannot find a cluster: want a kubeconfig/);
  } finally {
    Object.assign(process.env, before);
  }
});
