import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKubeClient } from '#src/kube/create-client.ts';
import { fencedTransport } from '#src/kube/fenced-transport.ts';
import { isKubeError, KubeError } from '#src/kube/kube-error.ts';
import { RESOURCES } from '#src/kube/resources.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { seededRandom } from '#src/lib/random.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { FakeApiServer, type Intercept, status } from './fake-api-server.ts';

const app: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'shop', name: 'app-1' },
  spec: { replicas: 2, futureField: { a: 1 } },
};
const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'app-1' };
const PATH = '/apis/apps/v1/namespaces/shop/deployments';

const setUp = (intercept: Intercept = () => undefined) => {
  const clock = new VirtualClock();
  const server = new FakeApiServer();
  server.intercept = intercept;
  const client = createKubeClient({ transport: server, clock, random: seededRandom(1), timeoutMs: 1000, retries: 2 });
  return { clock, server, client };
};

/** What a promise comes to while virtual time passes. */
const outcome = async (clock: VirtualClock, work: Promise<unknown>): Promise<{ value?: unknown; error?: unknown }> => {
  let result: { value?: unknown; error?: unknown } | undefined;
  work.then(
    (value) => {
      result = { value };
    },
    (error: unknown) => {
      result = { error };
    },
  );
  await clock.until(() => result !== undefined, 60_000);
  return result ?? {};
};
const errorOf = async (clock: VirtualClock, work: Promise<unknown>): Promise<KubeError> => {
  const { error } = await outcome(clock, work);
  assert.ok(error instanceof KubeError, `not a KubeError: ${error}`);
  return error;
};

test('reads, writes and deletes objects with their unknown fields', async () => {
  const { client, server } = setUp();
  assert.equal(await client.get(ref), undefined);
  assert.equal(await client.delete(ref), false);
  await client.create(app);
  const read = await client.get(ref);
  assert.deepEqual(read?.['spec'], app['spec']);
  assert.deepEqual((await client.mergePatch(ref, { spec: { replicas: 0 } }))['spec'], { replicas: 0 });
  assert.equal(await client.delete(ref), true);
  assert.equal(server.object(`${PATH}/app-1`), undefined);
});

test('gives list items and metadata-only objects the kind that was asked for', async () => {
  const { client } = setUp(() => ({
    status: 200,
    headers: {},
    body: {
      metadata: { resourceVersion: '7' },
      items: [{ metadata: { name: 'a' } }, { kind: 'Partial', metadata: { name: 'b' } }],
    },
  }));
  const { items, resourceVersion } = await client.list(RESOURCES.pod);
  assert.equal(resourceVersion, '7');
  assert.deepEqual(
    items.map(({ apiVersion, kind, metadata }) => [apiVersion, kind, metadata.name]),
    [
      ['v1', 'Pod', 'a'],
      ['v1', 'Pod', 'b'],
    ],
  );
});

test('an empty list that Go wrote as null is empty', async () => {
  const { client } = setUp(() => ({
    status: 200,
    headers: {},
    body: { metadata: { resourceVersion: '1' }, items: null },
  }));
  assert.deepEqual(await client.list(RESOURCES.pod), { items: [], resourceVersion: '1' });
});

test('a refusal for load is repeated when the server says, for every verb', async () => {
  const answers = [
    status(429, 'TooManyRequests', 'slow down', { 'retry-after': '3' }),
    status(503, 'ServiceUnavailable', 'starting', { 'retry-after': '2' }),
  ];
  const { client, clock, server } = setUp(() => answers.shift());
  const start = clock.monotonic();
  const { value } = await outcome(clock, client.create(app));
  assert.ok(value);
  assert.equal(clock.monotonic() - start, 5000);
  assert.equal(server.requests.length, 3);
});

test('a long Retry-After is left to the caller', async () => {
  const { client, clock, server } = setUp(() => status(429, 'TooManyRequests', 'slow down', { 'retry-after': '60' }));
  const error = await errorOf(clock, client.get(ref));
  assert.equal(error.kind, 'TooManyRequests');
  assert.equal(error.retryAfterMs, 60_000);
  assert.equal(server.requests.length, 1);
});

test('what may happen twice is repeated after 5xx and broken connections, a bounded number of times', async () => {
  for (const answer of [status(500, 'InternalError', 'etcd leader changed'), new Error('connect ECONNREFUSED')]) {
    const { client, clock, server } = setUp(() => answer);
    const error = await errorOf(clock, client.apply(app));
    assert.equal(error.kind, answer instanceof Error ? 'Unreachable' : 'Unavailable');
    assert.equal(server.requests.length, 3);
  }
});

test('a create that may have happened is not repeated', async () => {
  const { client, clock, server } = setUp();
  server.loseAnswer = () => true;
  const error = await errorOf(clock, client.create(app));
  assert.match(error.message, /^Cannot create Deployment shop\/app-1: the connection failed: socket hang up$/);
  assert.equal(server.requests.length, 1);
});

test('a conflict and a refusal are not repeated', async () => {
  for (const [code, reason, kind] of [
    [409, 'Conflict', 'Conflict'],
    [409, 'AlreadyExists', 'AlreadyExists'],
    [422, 'Invalid', 'Invalid'],
    [410, 'Expired', 'Expired'],
  ] as const) {
    const { client, clock, server } = setUp(() => status(code, reason, 'no'));
    const error = await errorOf(clock, client.update(app));
    assert.equal(error.kind, kind);
    assert.equal(error.reason, reason);
    assert.equal(server.requests.length, 1);
  }
});

test('a call that is not answered ends after its time-outs', async () => {
  const { client, clock, server } = setUp(() => 'hang');
  const start = clock.monotonic();
  const error = await errorOf(clock, client.get(ref));
  assert.equal(error.kind, 'Timeout');
  assert.match(error.message, /^Cannot get Deployment shop\/app-1: no answer within 1000 ms$/);
  assert.equal(server.requests.length, 3);
  assert.ok(clock.monotonic() - start >= 3000);
  assert.ok(server.requests.every((request) => request.signal?.aborted));
});

test('a caller who gives up is let go at once, also while waiting for the next attempt', async () => {
  for (const answer of ['hang', status(503, 'ServiceUnavailable', 'no', { 'retry-after': '9' })] as const) {
    const { client, clock } = setUp(() => answer);
    const gone = new AbortController();
    clock.after(500, () => gone.abort(new Error('enough')));
    const start = clock.monotonic();
    const error = await errorOf(clock, client.list(RESOURCES.pod, { signal: gone.signal }));
    assert.equal(error.kind, 'Aborted');
    assert.equal(clock.monotonic() - start, 500);
  }
});

test('a forbidden call names the verb and the resource that RBAC lacks', async () => {
  const { client, clock } = setUp(() => status(403, 'Forbidden', 'User "x" cannot'));
  const messages = [
    (await errorOf(clock, client.list(RESOURCES.service))).message,
    (await errorOf(clock, client.updateStatus({ ...app, apiVersion: 'serin.dev/v1alpha1', kind: 'Canary' }))).message,
  ];
  assert.deepEqual(messages, [
    'Cannot list Service objects in all namespaces: RBAC does not grant "list" on "services" in the core API group: User "x" cannot',
    'Cannot update status of Canary shop/app-1: RBAC does not grant "update" on "canaries/status" in API group "serin.dev" in namespace "shop": User "x" cannot',
  ]);
});

test('what admission or a quota refuses is not told as a missing right', async () => {
  const refusals = [
    'admission webhook "policy.example.com" denied the request: no digest',
    'pods "app-1" is forbidden: exceeded quota: compute',
  ];
  for (const said of refusals) {
    const { client, clock } = setUp(() => status(403, 'Forbidden', said));
    const error = await errorOf(clock, client.apply(app));
    assert.equal(error.message, `Cannot patch Deployment shop/app-1: the API server answered 403 Forbidden: ${said}`);
  }
  const said = 'deployments.apps "app-1" is forbidden: User "x" cannot patch resource "deployments"';
  const { client, clock } = setUp(() => status(403, 'Forbidden', said));
  assert.match((await errorOf(clock, client.apply(app))).message, /RBAC does not grant "patch" on "deployments"/);
});

test('an error about a Secret does not repeat what the server quotes', async () => {
  const quoting = {
    ...status(400, 'BadRequest', 'found in hunter2'),
    body: { message: 'hunter2', details: { causes: 'hunter2' } },
  };
  const { client, clock } = setUp(() => quoting);
  const error = await errorOf(
    clock,
    client.create({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'a', name: 's-1' } }),
  );
  assert.doesNotMatch(JSON.stringify(error) + error.stack, /hunter2/);
});

test('text that is no Status is repeated as the server said it', async () => {
  const { client, clock } = setUp(() => ({ status: 404, headers: {}, body: '404 page not found\n' }));
  const error = await errorOf(clock, client.list(RESOURCES.httpRoute, { namespace: 'shop' }));
  assert.equal(
    error.message,
    'Cannot list HTTPRoute objects in namespace shop: the API server answered 404: 404 page not found',
  );
});

test('an answer that is not what the API promises is an error', async () => {
  const { client, clock } = setUp(() => ({ status: 200, headers: {}, body: '<html>login</html>' }));
  assert.equal((await errorOf(clock, client.get(ref))).kind, 'Unexpected');
  assert.equal((await errorOf(clock, client.list(RESOURCES.pod))).kind, 'Unexpected');
});

test('a watch yields changes, bookmarks and errors, and ends with its signal', async () => {
  const { client, server, clock } = setUp();
  const stop = new AbortController();
  const seen: string[] = [];
  const watch = await client.watch(RESOURCES.pod, { resourceVersion: '1', signal: stop.signal });
  const done = (async () => {
    for await (const event of watch) {
      seen.push(event.type === 'ERROR' ? 'ERROR' : `${event.type} ${event.object.kind} ${event.object.metadata.name}`);
    }
  })();
  server.put('/api/v1/pods', { metadata: { name: 'a-1' } });
  server.put('/api/v1/pods', { metadata: { name: 'a-1' } });
  server.remove('/api/v1/pods', 'a-1');
  server.bookmark();
  server.send({ type: 'ERROR', object: { code: 410 } });
  await clock.settle();
  stop.abort();
  await done;
  assert.deepEqual(seen, ['ADDED Pod a-1', 'MODIFIED Pod a-1', 'DELETED Pod a-1', 'BOOKMARK Pod ', 'ERROR']);
});

test('a broken watch and a broken line are KubeErrors', async () => {
  for (const [line, kind] of [
    ['not a line', 'Unexpected'],
    [undefined, 'Unreachable'],
  ] as const) {
    const { client, server } = setUp();
    const watch = await client.watch(RESOURCES.pod, { resourceVersion: '1' });
    const next = watch[Symbol.asyncIterator]().next();
    if (line === undefined) server.endWatches(new Error('other side closed'));
    else server.send(line);
    await assert.rejects(next, (error) => isKubeError(error, kind));
  }
});

test('tells how each attempt ended, and the right that was missing', async () => {
  const answers = [status(500, 'InternalError', 'no'), status(403, 'Forbidden', 'User "serin" cannot get resource')];
  const heard: unknown[] = [];
  const clock = new VirtualClock();
  const server = new FakeApiServer();
  server.intercept = () => answers.shift();
  const client = createKubeClient({
    transport: server,
    clock,
    random: seededRandom(1),
    heard: ({ verb }, error) => heard.push([verb, error?.kind, error?.right]),
  });
  await errorOf(clock, client.get(ref));
  await client.list(RESOURCES.node);
  const right = { verb: 'get', group: 'apps', resource: 'deployments', namespace: 'shop', name: 'app-1' };
  assert.deepEqual(heard, [
    ['get', 'Unavailable', undefined],
    ['get', 'Forbidden', right],
    ['list', undefined, undefined],
  ]);
});

test('a write that is fenced off is given up at once, and says nothing of the server', async () => {
  const clock = new VirtualClock();
  const transport = fencedTransport(new FakeApiServer(), () => false);
  const heard: unknown[] = [];
  const client = createKubeClient({ transport, clock, random: seededRandom(1), heard: () => heard.push('heard') });
  await assert.rejects(client.apply(app), /this process does not hold the lease$/);
  assert.deepEqual(heard, []);
  assert.equal(clock.monotonic(), 0);
});
