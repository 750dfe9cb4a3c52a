import assert from 'node:assert/strict';
import { at, stringAt } from '#src/lib/json.ts';
import { type Case, type Client, configMap, expectOk, expectRefusal, versionOf } from './harness.ts';

const MAPS = 'v1 configmaps';
const labelled = (name: string, app: string) => configMap(name, { metadata: { labels: { app } } });
/** Real namespaces hold a ConfigMap with the cluster's certificate. */
const OURS = { labelSelector: 'app' };

const revisionOf = async (api: Client): Promise<string> =>
  versionOf(expectOk(await api.get(MAPS, { query: { limit: '1' } })));

/** Lists say where a watch goes on; a watch misses nothing and repeats nothing. */
export const watchCases: readonly Case[] = [
  {
    name: 'a watch from a list tells every later change, in order',
    run: async (api) => {
      expectOk(await api.post(MAPS, labelled('a', 'web')), 201);
      const list = expectOk(await api.get(MAPS));
      const events = await api.watch(MAPS, { query: { ...OURS, resourceVersion: versionOf(list) } });
      expectOk(await api.post(MAPS, labelled('b', 'web')), 201);
      expectOk(await api.merge(`${MAPS}/a`, { data: { x: '1' } }));
      expectOk(await api.send('DELETE', `${MAPS}/b`));
      assert.deepEqual(await events.take(3), ['ADDED b', 'MODIFIED a', 'DELETED b']);
      events.close();
    },
  },
  {
    name: 'a watch resumes after its last event, and a deletion has a resourceVersion of its own',
    run: async (api) => {
      const start = await revisionOf(api);
      const created = expectOk(await api.post(MAPS, labelled('a', 'web')), 201);
      expectOk(await api.send('DELETE', `${MAPS}/a`));
      const first = await api.watch(MAPS, { query: { ...OURS, resourceVersion: start } });
      const added = await first.raw();
      first.close();
      assert.equal(stringAt(added, 'type'), 'ADDED');
      assert.deepEqual(at(added, 'object'), created);
      const resumed = await api.watch(MAPS, { query: { ...OURS, resourceVersion: versionOf(at(added, 'object')) } });
      const deleted = await resumed.raw();
      resumed.close();
      assert.equal(stringAt(deleted, 'type'), 'DELETED');
      assert.ok(BigInt(versionOf(at(deleted, 'object'))) > BigInt(versionOf(created)));
    },
  },
  {
    name: 'without a resourceVersion, what there is comes first',
    run: async (api) => {
      for (const name of ['a', 'b']) expectOk(await api.post(MAPS, labelled(name, 'web')), 201);
      const events = await api.watch(MAPS, { query: OURS });
      assert.deepEqual(new Set(await events.take(2)), new Set(['ADDED a', 'ADDED b']));
      expectOk(await api.merge(`${MAPS}/a`, { data: { x: '1' } }));
      assert.equal(await events.next(), 'MODIFIED a');
      events.close();
    },
  },
  {
    name: 'what moves into a selection is added, what moves out is deleted',
    run: async (api) => {
      const query = { labelSelector: 'app=web', resourceVersion: await revisionOf(api) };
      const events = await api.watch(MAPS, { query });
      expectOk(await api.post(MAPS, labelled('a', 'other')), 201);
      expectOk(await api.merge(`${MAPS}/a`, { metadata: { labels: { app: 'web' } } }));
      expectOk(await api.merge(`${MAPS}/a`, { data: { x: '1' } }));
      expectOk(await api.merge(`${MAPS}/a`, { metadata: { labels: { app: 'other' } } }));
      assert.deepEqual(await events.take(2), ['ADDED a', 'MODIFIED a']);
      const out = await events.raw();
      assert.equal(stringAt(out, 'type'), 'DELETED');
      assert.equal(stringAt(out, 'object', 'metadata', 'labels', 'app'), 'web');
      events.close();
    },
  },
  {
    name: 'one object is watched by its name',
    run: async (api) => {
      const query = { fieldSelector: 'metadata.name=b', resourceVersion: await revisionOf(api) };
      const events = await api.watch(MAPS, { query });
      for (const name of ['a', 'b']) expectOk(await api.post(MAPS, labelled(name, 'web')), 201);
      assert.equal(await events.next(), 'ADDED b');
      events.close();
    },
  },
  {
    name: 'metadata alone is watched on request',
    run: async (api) => {
      const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
      const query = { ...OURS, resourceVersion: await revisionOf(api) };
      const events = await api.watch(MAPS, { query, accept });
      expectOk(await api.post(MAPS, labelled('a', 'web')), 201);
      const event = await events.raw();
      assert.equal(stringAt(event, 'object', 'kind'), 'PartialObjectMetadata');
      assert.equal(at(event, 'object', 'data'), undefined);
      events.close();
    },
  },
  {
    name: 'all namespaces are watched through the kind itself',
    run: async (api) => {
      const resourceVersion = await revisionOf(api);
      const fieldSelector = `metadata.name=a,metadata.namespace=${api.namespace}`;
      const events = await api.watch('/api/v1/configmaps', { query: { resourceVersion, fieldSelector } });
      expectOk(await api.post(MAPS, labelled('a', 'web')), 201);
      assert.equal(await events.next(), 'ADDED a');
      events.close();
    },
  },
  {
    name: 'a watch that is aborted ends',
    run: async (api) => {
      const events = await api.watch(MAPS, { query: { ...OURS, resourceVersion: await revisionOf(api) } });
      const next = events.next();
      events.close();
      assert.equal(await next, 'end');
    },
  },
  {
    name: 'a kind that is not served cannot be watched',
    run: async (api) => {
      const events = await api.watch('example.com/v1 gadgets');
      assert.equal(events.status, 404);
    },
  },
  {
    name: 'a resourceVersion that is no number is refused',
    run: async (api) => {
      expectRefusal(
        await api.get(MAPS, { query: { resourceVersion: 'x', resourceVersionMatch: 'Exact' } }),
        400,
        'BadRequest',
      );
    },
  },
];
