import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKubeClient } from '#src/kube/create-client.ts';
import { Reflector } from '#src/kube/reflector.ts';
import { RESOURCES } from '#src/kube/resources.ts';
import { stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { seededRandom } from '#src/lib/random.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { FakeApiServer, status } from './fake-api-server.ts';

const PODS = '/api/v1/pods';
const pod = (name: string, node = 'n1', extra = {}) => ({ metadata: { name, ...extra }, spec: { nodeName: node } });
const nodeOf = (object: KubeObject): string => {
  const node = stringAt(object, 'spec', 'nodeName') ?? 'none';
  if (node === 'odd') throw new TypeError('an odd node');
  return node;
};

const setUp = (options: { metadataOnly?: boolean; namespace?: string; labelSelector?: string } = {}) => {
  const clock = new VirtualClock();
  const server = new FakeApiServer();
  const random = seededRandom(7);
  const errors: string[] = [];
  const readable: (string | undefined)[] = [];
  const client = createKubeClient({ transport: server, clock, random, retries: 0 });
  const reflector = new Reflector({
    client,
    clock,
    random,
    resource: RESOURCES.pod,
    project: nodeOf,
    indexes: { node: (node) => [node] },
    onError: (error) => errors.push(error instanceof Error ? error.message : 'unknown'),
    onReadable: (now) => readable.push(now?.why),
    ...options,
  });
  return { clock, server, reflector, errors, readable };
};
const started = async (...given: Parameters<typeof setUp>) => {
  const all = setUp(...given);
  all.reflector.start();
  await all.reflector.whenSynced();
  await all.clock.settle();
  return all;
};
const lists = (server: FakeApiServer): number =>
  server.requests.filter((request) => request.query?.['watch'] === undefined).length;

test('lists by pages and then follows the watch', async () => {
  const { server, reflector, clock } = setUp();
  for (let n = 0; n < 1201; n++) server.put(PODS, pod(`p-${n}`));
  reflector.start();
  assert.equal(reflector.store.synced(), false);
  await reflector.whenSynced();
  await clock.settle();
  assert.equal(reflector.store.size(), 1201);
  assert.equal(reflector.health().pages, 3);
  server.put(PODS, pod('p-1', 'n2'));
  server.put(PODS, pod('p-new1', 'n2'));
  server.remove(PODS, 'p-2');
  await clock.settle();
  assert.deepEqual(reflector.store.byIndex('node', 'n2'), ['n2', 'n2']);
  assert.equal(reflector.store.get('p-2'), undefined);
  assert.equal(reflector.health().state, 'watching');
  assert.equal(lists(server), 3);
});

test('asks for the namespace, the labels and the form that it was given', async () => {
  const { server } = await started({ namespace: 'shop', labelSelector: 'a=b', metadataOnly: true });
  const [list, watch] = server.requests;
  assert.equal(list?.path, '/api/v1/namespaces/shop/pods');
  assert.deepEqual(list?.query, { labelSelector: 'a=b', limit: '500' });
  assert.equal(list?.accept, 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1');
  assert.equal(watch?.accept, 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1');
  assert.equal(watch?.query?.['allowWatchBookmarks'], 'true');
  assert.equal(watch?.query?.['labelSelector'], 'a=b');
  const seconds = Number(watch?.query?.['timeoutSeconds']);
  assert.ok(seconds >= 300 && seconds < 600);
});

test('goes on from the last bookmark when the server ends a watch, without a list', async () => {
  const { server, reflector, clock } = await started();
  server.put('/api/v1/nodes', { metadata: { name: 'other-1' } });
  server.bookmark();
  await clock.advance(60_000);
  server.compact();
  server.endWatches();
  await clock.settle();
  server.put(PODS, pod('p-1'));
  await clock.settle();
  assert.equal(lists(server), 1);
  assert.equal(reflector.health().watches, 2);
  assert.equal(reflector.store.size(), 1);
});

test('lists again after 410, as a status and as an event, and sees what was deleted meanwhile', async () => {
  const { server, reflector, clock, errors } = await started();
  server.put(PODS, pod('p-1'));
  server.put(PODS, pod('p-2'));
  await clock.settle();
  server.intercept = () => new Error('connect ECONNREFUSED');
  server.endWatches(new Error('broken'));
  server.remove(PODS, 'p-1');
  server.compact();
  await clock.advance(5_000);
  server.intercept = () => undefined;
  await clock.until(() => reflector.store.size() === 1, 60_000);
  assert.equal(lists(server), 2);
  server.remove(PODS, 'p-2');
  server.mangle = () => [];
  server.put(PODS, pod('p-3'));
  server.mangle = (line) => [line];
  server.send({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } });
  await clock.until(() => reflector.store.get('p-3') !== undefined, 60_000);
  assert.equal(lists(server), 3);
  assert.ok(errors.some((error) => error.includes('410 Expired: too old')));
});

test('survives every answer that a server can give, and says why it waits', async () => {
  const troubles = [
    status(401, 'Unauthorized', 'Unauthorized'),
    status(403, 'Forbidden', 'pods is forbidden'),
    status(429, 'TooManyRequests', 'slow', { 'retry-after': '40' }),
    status(500, 'InternalError', 'etcd'),
    status(503, 'ServiceUnavailable', 'no'),
    { status: 200, headers: {}, body: '<html>' },
    new Error('connect ECONNREFUSED'),
    'hang',
  ] as const;
  for (const trouble of troubles) {
    const { server, reflector, clock } = await started();
    server.intercept = () => trouble;
    server.compact();
    server.endWatches(new Error('broken'));
    await clock.advance(10 * 60_000);
    assert.ok(reflector.health().failures > 3);
    assert.match(reflector.health().lastError ?? '', /^Cannot (list|watch) Pod objects in all namespaces: /);
    assert.ok(server.requests.length < 60, `too many requests: ${server.requests.length}`);
    server.intercept = () => undefined;
    server.put(PODS, pod('p-1'));
    await clock.advance(45_000 + 15_000);
    assert.equal(reflector.store.size(), 1);
    assert.equal(reflector.health().lastError, undefined);
    assert.equal(reflector.health().synced, true);
  }
});

test('survives broken lines', async () => {
  const { server, reflector, clock } = await started();
  server.send('{"type":"ADD');
  server.put(PODS, pod('p-1'));
  await clock.advance(2_000);
  assert.equal(reflector.store.size(), 1);
  assert.equal(lists(server), 1);
});

test('a server that ends each watch at once is left alone more and more', async () => {
  const { server, reflector, clock } = await started();
  server.intercept = (request) => {
    if (request.query?.['watch'] !== undefined) setImmediate(() => server.endWatches());
    return undefined;
  };
  server.endWatches();
  await clock.advance(120_000);
  assert.ok(reflector.health().watches < 15, `${reflector.health().watches} watches`);
});

test('leaves a silent watch, and one that the server keeps open for too long', async () => {
  const { server, reflector, clock } = await started();
  await clock.advance(151_000);
  assert.equal(reflector.health().watches, 2);
  for (let minute = 0; minute < 11; minute++) {
    server.bookmark();
    await clock.advance(60_000);
  }
  assert.equal(reflector.health().watches, 3);
  assert.equal(reflector.health().failures, 0);
  assert.equal(server.watchers, 1);
  assert.equal(lists(server), 1);
});

test('finds again what a watch has lost, at the next list', async () => {
  const { server, reflector, clock } = await started();
  server.mangle = () => [];
  server.put(PODS, pod('p-lost1'));
  await clock.advance(10_000);
  assert.equal(reflector.store.size(), 0);
  await clock.advance(50 * 60_000);
  assert.equal(reflector.store.size(), 1);
});

test('a list that finds everything as it was tells nobody', async () => {
  const { server, reflector, clock } = await started();
  server.put(PODS, pod('p-1'));
  await clock.settle();
  let told = 0;
  reflector.store.onChange(() => told++);
  await clock.advance(50 * 60_000);
  assert.ok(lists(server) > 1);
  assert.equal(told, 0);
});

test('repeated and late events do not take an object back in time', async () => {
  const { server, reflector, clock } = await started();
  server.mangle = () => [];
  const old = server.put(PODS, pod('p-1', 'old'));
  const young = server.put(PODS, pod('p-1', 'young'));
  server.send({ type: 'MODIFIED', object: young });
  server.send({ type: 'ADDED', object: old });
  await clock.settle();
  assert.equal(reflector.store.get('p-1'), 'young');
  server.mangle = (line) => [line];
  server.remove(PODS, 'p-1');
  server.send({ type: 'MODIFIED', object: young });
  await clock.settle();
  assert.equal(reflector.store.get('p-1'), undefined);
});

test('an object that cannot be read hides itself alone', async () => {
  const { server, reflector, clock, errors } = await started();
  server.put(PODS, pod('p-1', 'odd'));
  server.put(PODS, pod('p-2', 'n1'));
  await clock.settle();
  assert.deepEqual(reflector.store.list(), ['n1']);
  assert.deepEqual(errors, ['Cannot read Pod p-1']);
  server.put(PODS, pod('p-1', 'n1'));
  await clock.settle();
  assert.equal(reflector.store.size(), 2);
});

test('a kind that the server does not know is asked for slowly, and found when it comes', async () => {
  const { server, reflector, clock, errors } = setUp();
  server.intercept = () => ({ status: 404, headers: {}, body: '404 page not found' });
  reflector.start();
  await reflector.whenSynced();
  await clock.advance(600_000);
  assert.equal(reflector.health().state, 'absent');
  const asked = server.requests.length;
  assert.ok(asked >= 20 && asked <= 40, `${asked} times in ten minutes`);
  assert.deepEqual(errors, []);
  server.intercept = () => undefined;
  server.put(PODS, pod('p-1'));
  await clock.advance(30_000);
  assert.equal(reflector.health().state, 'watching');
  assert.equal(reflector.store.size(), 1);
});

const FORBIDDEN = status(403, 'Forbidden', 'pods is forbidden: User "serin" cannot list resource "pods"');

test('a kind that RBAC forbids is asked for slowly, and says so until it can be read', async () => {
  const { server, reflector, clock, readable } = setUp();
  server.intercept = () => FORBIDDEN;
  reflector.start();
  await reflector.whenAnswered();
  assert.equal(reflector.store.synced(), false);
  await clock.advance(600_000);
  const asked = server.requests.length;
  assert.ok(asked >= 20 && asked <= 40, `${asked} times in ten minutes`);
  assert.equal(reflector.health().state, 'forbidden');
  assert.deepEqual(reflector.unreadable, {
    why: 'forbidden',
    words:
      'Cannot list Pod objects in all namespaces: RBAC does not grant "list" on "pods" in the core API group: ' +
      'pods is forbidden: User "serin" cannot list resource "pods"',
    right: { verb: 'list', group: '', resource: 'pods' },
  });
  server.put(PODS, pod('p-1'));
  server.intercept = () => undefined;
  await clock.advance(30_000);
  assert.equal(reflector.unreadable, undefined);
  assert.equal(reflector.store.size(), 1);
  assert.deepEqual(readable, ['forbidden', undefined]);
});

test('a right that is taken away later leaves what was known', async () => {
  const { server, reflector, clock, readable } = await started();
  server.put(PODS, pod('p-1'));
  await clock.settle();
  // Lists are still allowed: that alone does not make a kind readable.
  server.intercept = ({ query }) => (query?.['watch'] === 'true' ? FORBIDDEN : undefined);
  server.endWatches();
  await clock.advance(100_000);
  assert.equal(reflector.store.size(), 1);
  assert.equal(reflector.unreadable?.why, 'forbidden');
  assert.deepEqual(readable, ['forbidden']);
});

test('lists everything anew when it is told to, whatever it was doing', async () => {
  const { server, reflector, clock } = await started();
  server.mangle = () => [];
  server.put(PODS, pod('p-1'));
  await clock.settle();
  assert.equal(reflector.store.size(), 0, 'the watch hangs');
  await reflector.refresh();
  assert.equal(reflector.store.size(), 1);
  server.intercept = () => status(500, 'InternalError', 'etcd is away');
  server.endWatches();
  await clock.advance(120_000);
  server.intercept = () => undefined;
  server.put(PODS, pod('p-2'));
  await reflector.refresh();
  assert.equal(reflector.store.size(), 2, 'and it did not wait for its back-off');
  await clock.settle();
  assert.equal(server.watchers, 1);
});

test('one 404 does not empty a store, a second one does', async () => {
  const { server, reflector, clock } = await started();
  server.put(PODS, pod('p-1'));
  await clock.settle();
  server.intercept = () => ({ status: 404, headers: {}, body: '404 page not found' });
  server.endWatches();
  await clock.advance(10_000);
  assert.equal(reflector.health().state, 'absent');
  assert.equal(reflector.store.size(), 1);
  await clock.advance(30_000);
  assert.equal(reflector.store.size(), 0);
});

test('stops, and starts again from where it was', async () => {
  const { server, reflector, clock } = await started();
  await reflector.stop();
  assert.equal(reflector.health().state, 'stopped');
  assert.equal(server.watchers, 0);
  server.put(PODS, pod('p-1'));
  await clock.advance(60_000);
  assert.equal(reflector.store.size(), 0);
  reflector.start();
  await clock.settle();
  assert.equal(reflector.store.size(), 1);
  assert.equal(lists(server), 1);
});
