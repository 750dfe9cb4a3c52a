import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import nock from 'nock';
import { createKubeClient } from '#src/kube/create-client.ts';
import { createHttpTransport } from '#src/kube/http-transport.ts';
import { RESOURCES } from '#src/kube/resources.ts';
import { systemClock } from '#src/lib/clock.ts';

const HOST = 'https://kube.test:6443';
const transport = createHttpTransport({
  auth: { server: HOST, tls: {}, headers: async () => ({ authorization: 'Bearer t' }) },
  clock: systemClock,
});
const client = createKubeClient({ transport, clock: systemClock, random: () => 0, retries: 0 });

before(() => nock.disableNetConnect());
afterEach(() => assert.deepEqual(nock.pendingMocks(), []));
after(async () => {
  await transport.close();
  nock.restore();
});

const ref = { apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', namespace: 'shop', name: 'podinfo' };
const PATH = '/apis/serin.dev/v1alpha1/namespaces/shop/canaries/podinfo';
const canary = {
  apiVersion: ref.apiVersion,
  kind: ref.kind,
  metadata: { namespace: ref.namespace, name: ref.name, resourceVersion: '7' },
  spec: { futureField: [1] },
};
/** Requests must carry exactly this content type and our credentials. */
const server = (contentType?: string) =>
  nock(HOST, {
    reqheaders: { authorization: 'Bearer t', ...(contentType === undefined ? {} : { 'content-type': contentType }) },
    ...(contentType === undefined ? { badheaders: ['content-type'] } : {}),
  });

test('get', async () => {
  server().get(PATH).query({}).matchHeader('accept', 'application/json').reply(200, canary);
  assert.deepEqual(await client.get(ref), canary);
});

test('list, a page of metadata', async () => {
  server()
    .get('/api/v1/namespaces/shop/pods')
    .query({ labelSelector: 'app in (a, b),!c', limit: '500', continue: 'next+/=' })
    .matchHeader('accept', 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1')
    .reply(200, { metadata: { resourceVersion: '9', continue: 'more' }, items: [{ metadata: { name: 'p' } }] });
  const page = await client.list(RESOURCES.pod, {
    namespace: 'shop',
    labelSelector: 'app in (a, b),!c',
    limit: 500,
    continue: 'next+/=',
    metadataOnly: true,
  });
  assert.deepEqual(page, {
    items: [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } }],
    resourceVersion: '9',
    continue: 'more',
  });
});

test('watch', async () => {
  const lines = [
    { type: 'ADDED', object: canary },
    { type: 'BOOKMARK', object: { metadata: { resourceVersion: '8' } } },
  ];
  server()
    .get('/apis/serin.dev/v1alpha1/canaries')
    .query({ watch: 'true', allowWatchBookmarks: 'true', resourceVersion: '5', timeoutSeconds: '300' })
    .reply(200, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const seen: unknown[] = [];
  const watch = await client.watch(RESOURCES.canary, { resourceVersion: '5', timeoutSeconds: 300 });
  for await (const event of watch) seen.push(event.type === 'ERROR' ? event : [event.type, event.object.metadata]);
  assert.deepEqual(seen, [
    ['ADDED', canary.metadata],
    ['BOOKMARK', { name: '', resourceVersion: '8' }],
  ]);
});

test('create', async () => {
  server('application/json')
    .post('/apis/serin.dev/v1alpha1/namespaces/shop/canaries', canary)
    .query({ fieldManager: 'serin' })
    .reply(201, canary);
  assert.deepEqual(await client.create(canary), canary);
});

test('server-side apply', async () => {
  server('application/apply-patch+yaml')
    .patch(PATH, canary)
    .query({ fieldManager: 'serin', force: 'true' })
    .reply(200, canary);
  assert.deepEqual(await client.apply(canary), canary);
});

test('merge patch, guarded', async () => {
  const patch = { metadata: { resourceVersion: '7', annotations: { gone: null } }, spec: { replicas: 0 } };
  server('application/merge-patch+json').patch(PATH, patch).query({ fieldManager: 'serin' }).reply(200, canary);
  assert.deepEqual(await client.mergePatch(ref, patch), canary);
});

test('update', async () => {
  server('application/json').put(PATH, canary).query({ fieldManager: 'serin' }).reply(200, canary);
  assert.deepEqual(await client.update(canary), canary);
});

test('status', async () => {
  const withStatus = { ...canary, status: { phase: 'Progressing' } };
  server('application/json').put(`${PATH}/status`, withStatus).query({ fieldManager: 'serin' }).reply(200, withStatus);
  assert.deepEqual(await client.updateStatus(withStatus), withStatus);
});

test('delete', async () => {
  const body = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    preconditions: { uid: 'u-1' },
    propagationPolicy: 'Background',
  };
  server('application/json').delete(PATH, body).query({}).reply(200, { kind: 'Status', status: 'Success' });
  assert.equal(await client.delete(ref, { uid: 'u-1', propagationPolicy: 'Background' }), true);
});

test('the server says no', async () => {
  server('application/json')
    .put(PATH, canary)
    .query({ fieldManager: 'serin' })
    .reply(409, { kind: 'Status', reason: 'Conflict', message: 'the object has been modified', code: 409 });
  await assert.rejects(client.update(canary), {
    kind: 'Conflict',
    status: 409,
    message: 'Cannot update Canary shop/podinfo: the API server answered 409 Conflict: the object has been modified',
  });
});

test('a Retry-After header is read', async () => {
  server().get(PATH).query({}).reply(429, { kind: 'Status', message: 'busy' }, { 'retry-after': '2' });
  await assert.rejects(client.get(ref), { kind: 'TooManyRequests', retryAfterMs: 2_000 });
});
