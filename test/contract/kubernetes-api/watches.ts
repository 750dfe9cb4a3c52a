import assert from 'node:assert/strict';
import { at, recordAt, stringAt } from '#src/lib/json.ts';
import { SPECS } from '#test/api/example.ts';
import { type Case, type Client, configMap, type Events, expectOk, expectRefusal, versionOf } from './harness.ts';

const MAPS = 'v1 configmaps';
const labelled = (name: string, app: string) => configMap(name, { metadata: { labels: { app } } });
/** Real namespaces hold a ConfigMap with the cluster's certificate. */
const OURS = { labelSelector: 'app' };

const revisionOf = async (api: Client): Promise<string> =>
  versionOf(expectOk(await api.get(MAPS, { query: { limit: '1' } })));

/** Reads a watch that ends by itself, while the time passes. */
const untilEnd = async (api: Client, events: Events): Promise<{ readonly bookmarks: readonly unknown[] }> => {
  const bookmarks: unknown[] = [];
  const read = async (): Promise<void> => {
    for (let event = await events.raw(); event !== undefined; event = await events.raw()) {
      assert.equal(stringAt(event, 'type'), 'BOOKMARK');
      bookmarks.push(at(event, 'object'));
    }
  };
  await Promise.all([read(), api.wait(3_000)]);
  return { bookmarks };
};

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
  {
    name: 'a watch that runs out of time ends after a bookmark, from which the next goes on',
    run: async (api) => {
      expectOk(await api.post(MAPS, labelled('a', 'web')), 201);
      const list = versionOf(expectOk(await api.get(MAPS)));
      const query = { ...OURS, allowWatchBookmarks: 'true' };
      const first = await api.watch(MAPS, { query: { ...query, timeoutSeconds: '3', resourceVersion: list } });
      // A bookmark says that something has happened which the watch does not show.
      expectOk(await api.post(MAPS, configMap('z')), 201);
      const { bookmarks } = await untilEnd(api, first);
      const last = bookmarks.at(-1);
      assert.deepEqual(Object.keys(recordAt(last)).sort(), ['apiVersion', 'kind', 'metadata']);
      assert.equal(stringAt(last, 'kind'), 'ConfigMap');
      assert.equal(stringAt(last, 'metadata', 'name'), undefined);
      assert.ok(BigInt(versionOf(last)) > BigInt(list));
      expectOk(await api.post(MAPS, labelled('b', 'web')), 201);
      const next = await api.watch(MAPS, { query: { ...query, resourceVersion: versionOf(last) } });
      assert.equal(await next.next(), 'ADDED b');
      next.close();
    },
  },
  {
    name: 'without bookmarks a watch that runs out of time just ends',
    run: async (api) => {
      const query = { ...OURS, timeoutSeconds: '1', resourceVersion: await revisionOf(api) };
      const { bookmarks } = await untilEnd(api, await api.watch(MAPS, { query }));
      assert.deepEqual(bookmarks, []);
    },
  },
  {
    name: 'bookmarks of custom resources and of metadata are of their kind',
    run: async (api) => {
      const query = { allowWatchBookmarks: 'true', timeoutSeconds: '3', labelSelector: 'app' };
      const path = 'serin.dev/v1alpha1 canaries';
      const resourceVersion = versionOf(expectOk(await api.get(path)));
      const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
      const full = await api.watch(path, { query: { ...query, resourceVersion } });
      const bare = await api.watch(path, { query: { ...query, resourceVersion }, accept });
      const canary = {
        apiVersion: 'serin.dev/v1alpha1',
        kind: 'Canary',
        metadata: { name: 'a' },
        spec: SPECS['Canary'],
      };
      expectOk(await api.post(path, canary), 201);
      const [whole, part] = await Promise.all([untilEnd(api, full), untilEnd(api, bare)]);
      assert.equal(stringAt(whole.bookmarks.at(-1), 'kind'), 'Canary');
      assert.equal(stringAt(part.bookmarks.at(-1), 'kind'), 'PartialObjectMetadata');
    },
  },
  {
    name: 'a watch from a revision that is forgotten is told so by an event, with 410',
    needs: 'compact',
    run: async (api) => {
      await revisionOf(api);
      await api.compact();
      // Not ConfigMaps: a server that has just been made remembers all that was ever written of those.
      const events = await api.watch('serin.dev/v1alpha1 canaries', { query: { resourceVersion: '1' } });
      assert.equal(events.status, 200);
      const event = await events.raw();
      assert.equal(stringAt(event, 'type'), 'ERROR');
      assert.equal(stringAt(event, 'object', 'kind'), 'Status');
      assert.equal(stringAt(event, 'object', 'reason'), 'Expired');
      assert.equal(at(event, 'object', 'code'), 410);
      assert.match(stringAt(event, 'object', 'message') ?? '', /^too old resource version: 1 \(\d+\)$/);
      assert.equal(await events.next(), 'end');
    },
  },
  {
    name: 'a list that was begun before the history was forgotten cannot be gone on with: 410',
    needs: 'compact',
    run: async (api) => {
      for (const name of ['a', 'b']) expectOk(await api.post(MAPS, labelled(name, 'web')), 201);
      const first = expectOk(await api.get(MAPS, { query: { ...OURS, limit: '1' } }));
      const token = stringAt(first, 'metadata', 'continue') ?? '';
      expectOk(await api.post(MAPS, labelled('c', 'web')), 201);
      await api.compact();
      const goOn = () => api.get(MAPS, { query: { ...OURS, limit: '1', continue: token } });
      await api.eventually(async () => (await goOn()).status === 410);
      const refused = expectRefusal(await goOn(), 410, 'Expired');
      assert.match(refused, /^The provided continue parameter is too old to display a consistent list result\./);
      const exact = { resourceVersion: versionOf(first), resourceVersionMatch: 'Exact' };
      assert.equal(
        expectRefusal(await api.get(MAPS, { query: exact }), 410, 'Expired'),
        'The resourceVersion for the provided list is too old.',
      );
    },
  },
  {
    name: 'a list of a revision that is still to come is refused for now',
    run: async (api) => {
      const refused = await api.get(MAPS, { query: { resourceVersion: '999999999' } });
      assert.match(
        expectRefusal(refused, 504, 'Timeout'),
        /^Timeout: Too large resource version: 999999999, current: \d+$/,
      );
      assert.equal(at(refused.body, 'details', 'retryAfterSeconds'), 1);
    },
  },
];
