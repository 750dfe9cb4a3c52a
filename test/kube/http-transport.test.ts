import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createHttpTransport } from '#src/kube/http-transport.ts';
import type { KubeAuth } from '#src/kube/kube-auth.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { TEST_CERTIFICATE, TEST_KEY } from './test-certificate.ts';

/** A transport to a real server on this machine; both are closed when the test ends. */
const setUp = async (
  t: TestContext,
  listener: RequestListener,
  given: Partial<KubeAuth> & { secure?: boolean } = {},
) => {
  const { secure = false, server: path = '', ...auth } = given;
  const server: Server = secure
    ? createTlsServer({ cert: TEST_CERTIFICATE, key: TEST_KEY }, listener)
    : createServer(listener);
  let connections = 0;
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const clock = new VirtualClock();
  const transport = createHttpTransport({
    clock,
    auth: {
      tls: {},
      headers: async () => ({}),
      ...auth,
      server: `${secure ? 'https' : 'http'}://127.0.0.1:${port}${path}`,
    },
  });
  t.after(async () => {
    await transport.close();
    await new Promise((resolve) => server.close(resolve));
  });
  return { transport, clock, connections: () => connections };
};
const json = (response: ServerResponse, body: unknown, code = 200): void => {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

test('many requests share 16 connections, and watches have their own', async (t) => {
  const { transport, connections } = await setUp(t, (request, response) => {
    if (request.url?.includes('watch') === true) response.writeHead(200).write('{"type":"BOOKMARK"}\n');
    else json(response, { path: request.url });
  });
  const stop = new AbortController();
  const watches = await Promise.all(
    Array.from({ length: 30 }, () => transport.stream({ method: 'GET', path: '/watch', signal: stop.signal })),
  );
  assert.equal(connections(), 30);
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) => transport.request({ method: 'GET', path: `/get/${n}` })),
  );
  assert.deepEqual(
    answers.map(({ body }) => body),
    Array.from({ length: 100 }, (_, n) => ({ path: `/get/${n}` })),
  );
  assert.ok(connections() <= 30 + 16, `${connections()} connections`);
  stop.abort();
  for (const watch of watches) for await (const event of watch.events) assert.deepEqual(event, { type: 'BOOKMARK' });
});

test('sends method, path below the server, query, headers and body', async (t) => {
  const { transport } = await setUp(
    t,
    async (request, response) => {
      const { method, url, headers } = request;
      const { accept, authorization, 'content-type': type, 'user-agent': agent } = headers;
      json(response, { method, url, accept, authorization, type, agent, body: await textOf(request) });
    },
    { server: '/k8s/clusters/c-1/', headers: async () => ({ authorization: 'Bearer t' }) },
  );
  const { body } = await transport.request({
    method: 'PATCH',
    path: '/api/v1/pods',
    query: { labelSelector: 'a in (b,c)', limit: '5' },
    contentType: 'application/merge-patch+json',
    body: { a: 'é' },
  });
  assert.deepEqual(body, {
    method: 'PATCH',
    url: '/k8s/clusters/c-1/api/v1/pods?labelSelector=a+in+%28b%2Cc%29&limit=5',
    accept: 'application/json',
    authorization: 'Bearer t',
    type: 'application/merge-patch+json',
    agent: 'serin',
    body: '{"a":"é"}',
  });
});

test('asks for credentials once per half minute, shared by all requests', async (t) => {
  let asked = 0;
  const headers = async () => ({ authorization: `Bearer ${++asked}` });
  const { transport, clock } = await setUp(t, (request, response) => json(response, request.headers.authorization), {
    headers,
  });
  const get = async () => (await transport.request({ method: 'GET', path: '/' })).body;
  assert.deepEqual(await Promise.all([get(), get(), get()]), ['Bearer 1', 'Bearer 1', 'Bearer 1']);
  await clock.advance(29_000);
  assert.equal(await get(), 'Bearer 1');
  await clock.advance(1_000);
  assert.equal(await get(), 'Bearer 2');
});

test('after a 401 the credentials are asked for anew and the request is repeated, once', async (t) => {
  let asked = 0;
  const seen: string[] = [];
  const headers = async () => ({ authorization: `Bearer ${++asked}` });
  let valid = 'Bearer 2';
  const { transport } = await setUp(
    t,
    (request, response) => {
      const { authorization = '' } = request.headers;
      seen.push(authorization);
      if (authorization !== valid) json(response, { reason: 'Unauthorized' }, 401);
      else if (request.url === '/watch') response.end('{"type":"BOOKMARK"}\n');
      else json(response, { ok: true });
    },
    { headers },
  );
  assert.equal((await transport.request({ method: 'GET', path: '/' })).status, 200);
  assert.deepEqual(seen, ['Bearer 1', 'Bearer 2']);
  valid = 'Bearer 3';
  assert.equal((await transport.stream({ method: 'GET', path: '/watch' })).status, 200);
  valid = 'none';
  const refused = await transport.request({ method: 'GET', path: '/' });
  assert.equal(refused.status, 401);
  assert.deepEqual(refused.body, { reason: 'Unauthorized' });
  assert.equal(asked, 4);
});

test('credentials that cannot be had fail the request, not the next one', async (t) => {
  let asked = 0;
  const headers = async () => {
    if (asked++ === 0) throw new Error('the plugin failed');
    return {};
  };
  const { transport } = await setUp(t, (_, response) => json(response, 1), { headers });
  await assert.rejects(transport.request({ method: 'GET', path: '/' }), /the plugin failed/);
  assert.equal((await transport.request({ method: 'GET', path: '/' })).body, 1);
});

test('streams the lines of a watch until the server ends it', async (t) => {
  const { transport } = await setUp(t, (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    for (const part of ['{"type":"ADDED","obj', 'ect":{"a":1}}\n{"type":', '"DELETED"}\n', '\n']) response.write(part);
    response.end();
  });
  const { events } = await transport.stream({ method: 'GET', path: '/watch' });
  const seen: unknown[] = [];
  for await (const event of events) seen.push(event);
  assert.deepEqual(seen, [{ type: 'ADDED', object: { a: 1 } }, { type: 'DELETED' }]);
});

test('a watch that is refused has the answer and no events', async (t) => {
  const { transport } = await setUp(t, (_, response) => json(response, { code: 410 }, 410));
  const { status, body, events } = await transport.stream({ method: 'GET', path: '/watch' });
  assert.deepEqual([status, body], [410, { code: 410 }]);
  for await (const event of events) assert.fail(`${event}`);
});

test('a watch ends quietly by its signal, and loudly when the connection or a line breaks', async (t) => {
  const { transport } = await setUp(t, (request, response) => {
    response.writeHead(200).write('{"type":"BOOKMARK"}\n');
    if (request.url === '/broken') response.write('{"secret', () => response.destroy());
    if (request.url === '/cut') response.end('{"secret');
  });
  const stop = new AbortController();
  const quiet = await transport.stream({ method: 'GET', path: '/quiet', signal: stop.signal });
  for await (const event of quiet.events) {
    assert.deepEqual(event, { type: 'BOOKMARK' });
    stop.abort();
  }
  for (const path of ['/broken', '/cut']) {
    const { events } = await transport.stream({ method: 'GET', path });
    const drain = async () => {
      for await (const event of events) assert.deepEqual(event, { type: 'BOOKMARK' });
    };
    await assert.rejects(drain(), (error: Error) => !error.message.includes('secret'), path);
  }
});

test('a request that is given up is let go', async (t) => {
  const { transport } = await setUp(t, () => undefined);
  const stop = new AbortController();
  const waiting = transport.request({ method: 'GET', path: '/', signal: stop.signal });
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
});

test('text stays text, and broken JSON is not repeated in the error', async (t) => {
  const { transport } = await setUp(t, (request, response) => {
    if (request.url === '/text') response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
    else response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":"c2VjcmV0');
  });
  assert.equal((await transport.request({ method: 'GET', path: '/text' })).body, '404 page not found\n');
  await assert.rejects(transport.request({ method: 'GET', path: '/json' }), {
    message: 'Cannot read the answer: 17 characters that are not JSON',
  });
});

test('trusts the CA that it was given, and no other', async (t) => {
  const secure = await setUp(t, (_, response) => json(response, 'hello'), {
    secure: true,
    tls: { ca: TEST_CERTIFICATE },
  });
  assert.equal((await secure.transport.request({ method: 'GET', path: '/' })).body, 'hello');
  const unknown = await setUp(t, (_, response) => json(response, 'hello'), { secure: true });
  await assert.rejects(unknown.transport.request({ method: 'GET', path: '/' }), /self-signed certificate/);
});
