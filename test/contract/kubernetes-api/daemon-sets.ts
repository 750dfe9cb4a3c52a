import assert from 'node:assert/strict';
import { at, listAt, recordAt, stringAt } from '#src/lib/json.ts';
import { type Case, type Client, expectOk, generationOf, type Json, namesOf, uidOf } from './harness.ts';

const DAEMON_SETS = 'apps/v1 daemonsets';
const WEB = `${DAEMON_SETS}/web`;
const REVISIONS = 'apps/v1 controllerrevisions';
const PODS = 'v1 pods';
const HASH = 'controller-revision-hash';
const ZERO = 'serin.dev/scale-to-zero';

/** Nodes of a case carry its namespace, so that no other DaemonSet and no kubelet takes them for its own. */
const LABEL = 'serin-contract';
const here = (api: Client) => ({ [LABEL]: api.namespace });

const daemonSet = (api: Client, spec: Json = {}, pod: Json = {}): Json => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'web' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { nodeSelector: here(api), containers: [{ name: 'app', image: 'example.com/web:1' }], ...pod },
    },
    ...spec,
  },
});

const addNode = async (
  api: Client,
  { name, taints = null }: { readonly name: string; readonly taints?: readonly Json[] | null },
): Promise<string> => {
  const full = `${api.namespace}-${name}`;
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: full, labels: here(api) } };
  expectOk(await api.post('/api/v1/nodes', node), 201);
  // Admission taints a new Node as not ready.
  expectOk(await api.merge(`/api/v1/nodes/${full}`, { spec: { taints } }));
  return full;
};

/** Runs a case with these nodes, and takes every node of it away again. */
const withNodes =
  (names: readonly string[], run: (api: Client) => Promise<void>) =>
  async (api: Client): Promise<void> => {
    try {
      for (const name of names) await addNode(api, { name });
      await run(api);
    } finally {
      const query = { labelSelector: `${LABEL}=${api.namespace}` };
      for (const name of namesOf(expectOk(await api.get('/api/v1/nodes', { query })))) {
        await api.send('DELETE', `/api/v1/nodes/${name}`);
      }
    }
  };

const podsOf = async (api: Client): Promise<readonly unknown[]> => {
  const all = listAt(expectOk(await api.get(PODS)), 'items');
  return all.filter((pod) => at(pod, 'metadata', 'deletionTimestamp') === undefined);
};
const nodeOf = (pod: unknown): string =>
  stringAt(
    pod,
    ...['spec', 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms', 0],
    ...['matchFields', 0, 'values', 0],
  ) ?? '';
const hashOf = (object: unknown): string => stringAt(object, 'metadata', 'labels', HASH) ?? '';

/** The oldest number first. */
const revisionsOf = async (api: Client): Promise<readonly unknown[]> =>
  [...listAt(expectOk(await api.get(REVISIONS)), 'items')].sort(
    (a, b) => Number(at(a, 'revision')) - Number(at(b, 'revision')),
  );

/** Counts of a status that are not zero. */
const countsOf = (object: unknown): Json =>
  Object.fromEntries(
    Object.entries(recordAt(object, 'status')).filter(
      ([name, count]) => name !== 'observedGeneration' && typeof count === 'number' && count !== 0,
    ),
  );

const isObserved = (object: Json): boolean => at(object, 'status', 'observedGeneration') === generationOf(object);
const desires =
  (count: number) =>
  (object: Json): boolean =>
    isObserved(object) && at(object, 'status', 'desiredNumberScheduled') === count;

const report = async (api: Client, pod: unknown): Promise<void> => {
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }];
  const path = `${PODS}/${stringAt(pod, 'metadata', 'name')}/status`;
  expectOk(await api.merge(path, { status: { phase: 'Running', conditions } }));
};

/** A DaemonSet whose pods are all ready. */
const running = async (api: Client, spec: Json, nodes: number): Promise<void> => {
  expectOk(await api.post(DAEMON_SETS, daemonSet(api, spec)), 201);
  await api.eventually(async () => (await podsOf(api)).length === nodes);
  for (const pod of await podsOf(api)) await report(api, pod);
  await api.until(WEB, (found) => isObserved(found) && at(found, 'status', 'numberAvailable') === nodes);
};

const template = (spec: Json): Json => ({ spec: { template: { spec } } });
const image = (tag: number): Json => template({ containers: [{ name: 'app', image: `example.com/web:${tag}` }] });
const toZero = template({ nodeSelector: { [ZERO]: 'true' } });

/** DaemonSets as Serin keeps its targets and sides, and what the controllers of Kubernetes make of them. */
export const daemonSetCases: readonly Case[] = [
  {
    name: 'a DaemonSet gets the ControllerRevision of its template and a pod for each node that it selects',
    run: withNodes(['a', 'b'], async (api) => {
      expectOk(await api.post(DAEMON_SETS, daemonSet(api)), 201);
      const made = await api.until(WEB, desires(2));
      await api.eventually(async () => (await podsOf(api)).length === 2);
      const [revision, ...others] = await revisionsOf(api);
      assert.equal(others.length, 0);
      const hash = hashOf(revision);
      assert.match(hash, /^[a-z0-9]+$/);
      assert.equal(stringAt(revision, 'metadata', 'name'), `web-${hash}`);
      assert.deepEqual(at(revision, 'metadata', 'labels'), { app: 'web', [HASH]: hash });
      assert.equal(at(revision, 'revision'), 1);
      const { $patch, ...stored } = recordAt(revision, 'data', 'spec', 'template');
      assert.equal($patch, 'replace');
      assert.deepEqual(stored, at(made, 'spec', 'template'), 'the template as the API serves it');
      const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'web', uid: uidOf(made) };
      const owners = [{ ...owner, controller: true, blockOwnerDeletion: true }];
      assert.deepEqual(at(revision, 'metadata', 'ownerReferences'), owners);
      const pods = await podsOf(api);
      assert.deepEqual(pods.map(nodeOf).sort(), [`${api.namespace}-a`, `${api.namespace}-b`]);
      for (const pod of pods) {
        assert.match(stringAt(pod, 'metadata', 'name') ?? '', /^web-[a-z0-9]{5}$/);
        assert.deepEqual(at(pod, 'metadata', 'labels'), { app: 'web', [HASH]: hash, 'pod-template-generation': '1' });
        assert.deepEqual(at(pod, 'metadata', 'ownerReferences'), owners);
      }
      await api.until(WEB, (found) => at(found, 'status', 'currentNumberScheduled') === 2);
      for (const pod of pods) await report(api, pod);
      const ready = await api.until(WEB, (found) => at(found, 'status', 'numberAvailable') === 2);
      assert.deepEqual(countsOf(ready), {
        currentNumberScheduled: 2,
        desiredNumberScheduled: 2,
        numberAvailable: 2,
        numberReady: 2,
        updatedNumberScheduled: 2,
      });
    }),
  },
  {
    name: 'a nodeSelector that no node has takes every pod away, and is a template of its own',
    run: withNodes(['a'], async (api) => {
      await running(api, {}, 1);
      const [first] = await revisionsOf(api);
      expectOk(await api.merge(WEB, toZero));
      const zero = await api.until(WEB, desires(0));
      await api.eventually(async () => (await podsOf(api)).length === 0);
      await api.until(WEB, (found) => Object.keys(countsOf(found)).length === 0);
      assert.equal(generationOf(zero), 2);
      const [, second] = await revisionsOf(api);
      assert.notEqual(hashOf(second), hashOf(first));
      expectOk(await api.merge(WEB, template({ nodeSelector: { [ZERO]: null } })));
      await api.until(WEB, desires(1));
      await api.eventually(async () => (await podsOf(api)).length === 1);
      const [other, found] = await revisionsOf(api);
      assert.equal(uidOf(found), uidOf(first), 'the template of before finds its own again');
      assert.equal(hashOf(found), hashOf(first));
      assert.deepEqual([at(other, 'revision'), at(found, 'revision')], [2, 3]);
    }),
  },
  {
    name: 'at zero, a new template makes another ControllerRevision, and what is not of the template none',
    run: withNodes(['a'], async (api) => {
      expectOk(await api.post(DAEMON_SETS, daemonSet(api)), 201);
      await api.until(WEB, isObserved);
      expectOk(await api.merge(WEB, toZero));
      expectOk(await api.merge(WEB, image(2)));
      await api.until(WEB, (found) => isObserved(found) && generationOf(found) === 3);
      const before = (await revisionsOf(api)).length;
      expectOk(await api.merge(WEB, { metadata: { annotations: { note: 'x' } }, spec: { minReadySeconds: 5 } }));
      const after = await api.until(WEB, (found) => isObserved(found) && generationOf(found) === 4);
      assert.equal((await revisionsOf(api)).length, before);
      assert.deepEqual(countsOf(after), {});
      expectOk(await api.merge(WEB, { metadata: { labels: { team: 'shop' } } }));
      assert.equal(generationOf(expectOk(await api.get(WEB))), 4);
    }),
  },
  {
    name: 'of old ControllerRevisions as many stay as the history limit says',
    run: withNodes(['a'], async (api) => {
      expectOk(await api.post(DAEMON_SETS, daemonSet(api, { revisionHistoryLimit: 1 })), 201);
      await api.until(WEB, isObserved);
      for (const patch of [toZero, image(2), image(3)]) {
        expectOk(await api.merge(WEB, patch));
        await api.until(WEB, isObserved);
      }
      await api.eventually(async () => (await revisionsOf(api)).length === 2);
      const numbers = (await revisionsOf(api)).map((revision) => at(revision, 'revision'));
      assert.deepEqual(numbers, [3, 4]);
    }),
  },
  {
    name: 'the nodeSelector belongs to its last writer as a whole: applied without one it stays, with one it is that',
    run: async (api) => {
      const git = { fieldManager: 'git', force: 'true' };
      const plain = daemonSet(api, {}, { nodeSelector: undefined });
      expectOk(await api.apply(WEB, plain, git), 201);
      expectOk(await api.merge(WEB, toZero, { fieldManager: 'serin' }));
      const selector = async () => at(expectOk(await api.get(WEB)), 'spec', 'template', 'spec', 'nodeSelector');
      expectOk(await api.apply(WEB, plain, git));
      assert.deepEqual(await selector(), { [ZERO]: 'true' });
      expectOk(await api.apply(WEB, daemonSet(api), git));
      assert.deepEqual(await selector(), here(api));
      expectOk(await api.merge(WEB, toZero, { fieldManager: 'serin' }));
      assert.deepEqual(await selector(), { ...here(api), [ZERO]: 'true' });
      expectOk(await api.apply(WEB, plain, git));
      assert.deepEqual(await selector(), { ...here(api), [ZERO]: 'true' }, 'nobody but Serin owns it any more');
      const none = { [ZERO]: null, [LABEL]: null };
      const emptied = expectOk(await api.merge(WEB, template({ nodeSelector: none }), { fieldManager: 'serin' }));
      assert.equal(at(emptied, 'spec', 'template', 'spec', 'nodeSelector'), undefined);
    },
  },
  {
    name: 'without surge an old pod is gone before the node gets its successor, one node after the other',
    run: withNodes(['a', 'b'], async (api) => {
      await running(api, {}, 2);
      const [old] = await revisionsOf(api);
      expectOk(await api.merge(WEB, image(2)));
      const fresh = async () => (await podsOf(api)).filter((pod) => hashOf(pod) !== hashOf(old));
      await api.eventually(async () => (await fresh()).length === 1);
      assert.equal((await podsOf(api)).length, 2);
      const half = await api.until(WEB, (found) => at(found, 'status', 'updatedNumberScheduled') === 1);
      assert.deepEqual(countsOf(half), {
        currentNumberScheduled: 2,
        desiredNumberScheduled: 2,
        numberAvailable: 1,
        numberReady: 1,
        numberUnavailable: 1,
        updatedNumberScheduled: 1,
      });
      for (const pod of await fresh()) await report(api, pod);
      await api.eventually(async () => (await fresh()).length === 2);
      for (const pod of await fresh()) await report(api, pod);
      await api.until(WEB, (found) => at(found, 'status', 'numberAvailable') === 2);
    }),
  },
  {
    name: 'with surge an old pod goes when its successor is available',
    run: withNodes(['a', 'b'], async (api) => {
      await running(api, { updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }, 2);
      const [old] = await revisionsOf(api);
      expectOk(await api.merge(WEB, image(2)));
      const fresh = async () => (await podsOf(api)).filter((pod) => hashOf(pod) !== hashOf(old));
      await api.eventually(async () => (await fresh()).length === 1);
      assert.equal((await podsOf(api)).length, 3);
      const [first] = await fresh();
      await report(api, first);
      await api.eventually(async () => (await fresh()).length === 2 && (await podsOf(api)).length === 3);
      for (const pod of await fresh()) await report(api, pod);
      await api.eventually(async () => (await podsOf(api)).length === 2);
      const done = await api.until(WEB, (found) => at(found, 'status', 'updatedNumberScheduled') === 2);
      assert.equal(at(done, 'status', 'numberAvailable'), 2);
    }),
  },
  {
    name: 'nodes that come get a pod, nodes that go take theirs along, and a taint keeps pods out',
    run: withNodes(['a'], async (api) => {
      expectOk(await api.post(DAEMON_SETS, daemonSet(api)), 201);
      await api.eventually(async () => (await podsOf(api)).length === 1);
      const added = await addNode(api, { name: 'b' });
      await api.eventually(async () => (await podsOf(api)).length === 2);
      await api.until(WEB, desires(2));
      const taints = [{ key: 'example.com/full', effect: 'NoSchedule' }];
      const full = await addNode(api, { name: 'c', taints });
      await api.wait(300);
      assert.equal((await podsOf(api)).length, 2);
      expectOk(await api.merge(`/api/v1/nodes/${full}`, { spec: { taints: null } }));
      await api.until(WEB, desires(3));
      await api.eventually(async () => (await podsOf(api)).length === 3);
      expectOk(await api.send('DELETE', `/api/v1/nodes/${added}`));
      // That a node goes is noticed at the next look at the DaemonSet.
      expectOk(await api.merge(WEB, { metadata: { annotations: { note: 'x' } } }));
      await api.until(WEB, desires(2));
      await api.eventually(async () => (await podsOf(api)).length === 2);
    }),
  },
  {
    name: 'DaemonSets with one selector leave each other alone',
    run: withNodes(['a'], async (api) => {
      expectOk(await api.post(DAEMON_SETS, daemonSet(api)), 201);
      await api.eventually(async () => (await podsOf(api)).length === 1);
      const labels = { app: 'web', role: 'primary' };
      const web = daemonSet(api);
      const side = { ...recordAt(web, 'spec', 'template'), metadata: { labels } };
      const spec = { ...recordAt(web, 'spec'), selector: { matchLabels: labels }, template: side };
      expectOk(await api.post(DAEMON_SETS, { ...web, metadata: { name: 'web-primary' }, spec }), 201);
      await api.eventually(async () => (await podsOf(api)).length === 2);
      await api.until(`${DAEMON_SETS}/web-primary`, desires(1));
      await api.until(WEB, desires(1));
      const owners = [...(await podsOf(api)), ...(await revisionsOf(api))]
        .map((object) => stringAt(object, 'metadata', 'ownerReferences', 0, 'name'))
        .sort();
      assert.deepEqual(owners, ['web', 'web', 'web-primary', 'web-primary']);
    }),
  },
  {
    name: 'a DaemonSet that is deleted takes its ControllerRevisions and pods along',
    run: withNodes(['a'], async (api) => {
      expectOk(await api.post(DAEMON_SETS, daemonSet(api)), 201);
      await api.eventually(async () => (await podsOf(api)).length === 1);
      expectOk(await api.send('DELETE', WEB, { query: { propagationPolicy: 'Background' } }));
      await api.eventually(async () => (await revisionsOf(api)).length === 0);
      await api.eventually(async () => (await podsOf(api)).length === 0);
    }),
  },
];
