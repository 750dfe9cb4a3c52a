import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { type TestContext, test } from 'node:test';
import { httpTarget } from '#src/sandbox/prometheus/http-target.ts';

const serving = async (t: TestContext, status: number): Promise<string> => {
  const server: Server = createServer((_, response) => response.writeHead(status).end('up 1\n'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return `http://127.0.0.1:${address.port}/metrics`;
};

test('reads what a target exposes', async (t) => {
  assert.equal(await httpTarget(await serving(t, 200))(), 'up 1\n');
});

test('says which target answered with what else', async (t) => {
  const url = await serving(t, 503);
  await assert.rejects(httpTarget(url)(), { message: `Cannot scrape ${url}: HTTP 503` });
});
