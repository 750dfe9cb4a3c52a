import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { request } from 'undici';
import { isRecord, stringAt } from '#src/lib/json.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { serveHttp } from '#src/sandbox/api/http-server.ts';
import { kubeconfig } from '#src/sandbox/api/kubeconfig.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';

const open = async (context: TestContext) => {
  const api = new SandboxApi({ clock: new VirtualClock() });
  const server = await serveHttp(api, { tokens: { 'token-a': 'alice' } });
  context.after(() => server.close());
  const send = async (
    method: 'GET' | 'POST' | 'PATCH' | 'OPTIONS',
    path: string,
    rest: { headers?: Record<string, string>; body?: string } = {},
  ) => {
    const headers = { authorization: 'Bearer token-a', ...rest.headers };
    const response = await request(`${server.url}${path}`, { method, headers, body: rest.body ?? null });
    return { status: response.statusCode, type: response.headers['content-type'], text: await response.body.text() };
  };
  return { api, server, send };
};

test('only known tokens are let in, as their users', async (context) => {
  const { api, send } = await open(context);
  for (const authorization of ['', 'Bearer other', 'Bearer toString', 'Basic token-a']) {
    assert.equal((await send('GET', MAPS, { headers: { authorization } })).status, 401);
  }
  assert.equal((await send('GET', MAPS)).status, 200);
  assert.deepEqual(api.audit.table(), [{ user: 'alice', verb: 'list', resource: 'configmaps', count: 1 }]);
  const impersonated = await send('GET', MAPS, { headers: { 'impersonate-user': 'bob' } });
  assert.equal(impersonated.status, 501);
});

test('server-side apply takes YAML, and the user agent is the manager of other writes', async (context) => {
  const { api, send } = await open(context);
  const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: "1"\n';
  const applied = await send('PATCH', `${MAPS}/a?fieldManager=git`, {
    headers: { 'content-type': 'application/apply-patch+yaml' },
    body: yaml,
  });
  assert.equal(applied.status, 201);
  await send('PATCH', `${MAPS}/a`, {
    headers: { 'content-type': 'application/merge-patch+json', 'user-agent': 'kubectl/v1.36 (linux)' },
    body: '{"data":{"y":"1"}}',
  });
  const stored = api.read({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'a' });
  assert.deepEqual(stored?.['data'], { x: '1', y: '1' });
  assert.deepEqual(
    stored?.metadata.managedFields?.map(({ manager }) => manager),
    ['git', 'kubectl'],
  );
});

test('bodies that cannot be read and methods that are not known are refused', async (context) => {
  const { send } = await open(context);
  const headers = { 'content-type': 'application/json' };
  assert.equal((await send('POST', MAPS, { headers, body: '{' })).status, 400);
  assert.equal((await send('POST', MAPS, { headers, body: '"text"' })).status, 400);
  assert.equal((await send('POST', MAPS, { headers, body: ' '.repeat(3 * 1024 * 1024 + 1) })).status, 413);
  assert.equal((await send('OPTIONS', MAPS)).status, 405);
});

test('discovery says what is served', async (context) => {
  const { send } = await open(context);
  const ready = await send('GET', '/readyz');
  assert.deepEqual([ready.status, ready.type, ready.text], [200, 'text/plain', 'ok']);
  assert.match((await send('GET', '/version')).text, /"minor":"36"/);
  assert.match((await send('GET', '/apis')).text, /"groupVersion":"serin\.dev\/v1alpha1"/);
  assert.match((await send('GET', '/apis/apps/v1')).text, /"name":"deployments\/status"/);
  assert.match((await send('GET', '/api/v1')).text, /"name":"configmaps"/);
  assert.equal((await send('GET', '/apis/example.com/v1')).status, 404);
});

test('closing ends open watches', async () => {
  const api = new SandboxApi({ clock: new VirtualClock() });
  const server = await serveHttp(api, { tokens: { 'token-a': 'alice' } });
  const { body } = await request(`${server.url}${MAPS}?watch=true`, { headers: { authorization: 'Bearer token-a' } });
  const read = body.text().catch(() => 'broken');
  await server.close();
  assert.ok(['', 'broken'].includes(await read));
});

test('the kubeconfig names server and token', () => {
  const config: unknown = JSON.parse(kubeconfig('http://127.0.0.1:1', 'token-a'));
  assert.ok(isRecord(config));
  assert.equal(stringAt(config, 'clusters', 0, 'cluster', 'server'), 'http://127.0.0.1:1');
  assert.equal(stringAt(config, 'users', 0, 'user', 'token'), 'token-a');
});
