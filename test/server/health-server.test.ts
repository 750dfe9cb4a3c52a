import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { serveHealth } from '#src/server/health-server.ts';

type Options = Partial<Parameters<typeof serveHealth>[0]>;

const serving = async (t: TestContext, options: Options = {}) => {
  const metrics = { text: async () => 'serin_info 1\n', contentType: 'text/plain; version=0.0.4' };
  const server = await serveHealth({
    port: 0,
    host: '127.0.0.1',
    readiness: () => ({ missing: [], problems: [] }),
    metrics,
    ...options,
  });
  t.after(server.close);
  return async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
    return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.text() };
  };
};

test('answers that the process lives', async (t) => {
  const ask = await serving(t);
  assert.deepEqual(await ask('/healthz?verbose'), { status: 200, type: 'text/plain; charset=utf-8', body: 'ok\n' });
});

test('is ready as soon as nothing is missing, and says what is, and what else is wrong', async (t) => {
  const missing = ['pods: not listed yet', 'secrets: RBAC does not grant "list"'];
  const problems = ['Prometheus is away'];
  const ask = await serving(t, { readiness: () => ({ missing, problems }) });
  assert.deepEqual(await ask('/readyz'), {
    status: 503,
    type: 'text/plain; charset=utf-8',
    body: 'pods: not listed yet\nsecrets: RBAC does not grant "list"\nPrometheus is away\n',
  });
  missing.length = 0;
  const ready = await ask('/readyz');
  assert.deepEqual([ready.status, ready.body], [200, 'ok\nPrometheus is away\n']);
});

test('serves metrics in their own content type', async (t) => {
  const ask = await serving(t);
  assert.deepEqual(await ask('/metrics'), { status: 200, type: 'text/plain; version=0.0.4', body: 'serin_info 1\n' });
});

test('survives metrics that cannot be read', async (t) => {
  const text = async (): Promise<string> => {
    throw new Error('collect failed');
  };
  const ask = await serving(t, { metrics: { text, contentType: 'text/plain' } });
  assert.deepEqual([(await ask('/metrics')).status, (await ask('/healthz')).status], [500, 200]);
});

test('serves nothing else, and takes nothing', async (t) => {
  const ask = await serving(t);
  assert.equal((await ask('/')).status, 404);
  assert.equal((await ask('/healthz', { method: 'POST' })).status, 405);
});

test('says which port is taken', async (t) => {
  const server = await serveHealth({
    port: 0,
    readiness: () => ({ missing: [], problems: [] }),
    metrics: { text: async () => '', contentType: '' },
  });
  t.after(server.close);
  await assert.rejects(
    serveHealth({
      port: server.port,
      readiness: () => ({ missing: [], problems: [] }),
      metrics: { text: async () => '', contentType: '' },
    }),
    { message: `Cannot listen on port ${server.port}` },
  );
});
