import assert from 'node:assert/strict';
import { at, listAt, recordAt, stringAt } from '#src/lib/json.ts';
import { type Case, type Client, deployment, expectOk, generationOf, type Json, namesOf, uidOf } from './harness.ts';

const DEPLOYMENTS = 'apps/v1 deployments';
const WEB = `${DEPLOYMENTS}/web`;
const SETS = 'apps/v1 replicasets';
const PODS = 'v1 pods';
const HASH = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';

const annotationOf = (object: unknown, name: string): string | undefined =>
  stringAt(object, 'metadata', 'annotations', name);
const hashOf = (set: unknown): string => stringAt(set, 'metadata', 'labels', HASH) ?? '';

/** Conditions as `Type=Status Reason`. */
const conditionsOf = (object: unknown): readonly string[] =>
  listAt(object, 'status', 'conditions')
    .map((one) => `${stringAt(one, 'type')}=${stringAt(one, 'status')} ${stringAt(one, 'reason')}`)
    .sort();

/** Counts of a status that are not zero. */
const countsOf = (object: unknown): Json =>
  Object.fromEntries(
    Object.entries(recordAt(object, 'status')).filter(([name, count]) => /[rR]eplicas$/.test(name) && count !== 0),
  );

const isObserved = (object: Json): boolean => at(object, 'status', 'observedGeneration') === generationOf(object);
const isDone = (object: Json): boolean =>
  isObserved(object) && conditionsOf(object).includes('Progressing=True NewReplicaSetAvailable');

/** ReplicaSets of the namespace, oldest revision first. */
const setsOf = async (api: Client): Promise<readonly unknown[]> =>
  [...listAt(expectOk(await api.get(SETS)), 'items')].sort(
    (a, b) => Number(annotationOf(a, REVISION)) - Number(annotationOf(b, REVISION)),
  );

const image = (tag: number) => ({
  spec: { template: { spec: { containers: [{ name: 'app', image: `example.com/web:${tag}` }] } } },
});

const create = async (api: Client, spec: Json = {}): Promise<Json> => {
  expectOk(await api.post(DEPLOYMENTS, deployment('web', spec)), 201);
  return api.until(WEB, isDone);
};

const push = async (api: Client, tag: number): Promise<Json> => {
  expectOk(await api.merge(WEB, image(tag)));
  return api.until(WEB, (found) => isDone(found) && annotationOf(found, REVISION) !== undefined);
};

const COMPLETE = ['Available=True MinimumReplicasAvailable', 'Progressing=True NewReplicaSetAvailable'];

/** Deployments at 0 replicas, as Serin keeps its targets, and what the controllers of Kubernetes make of them. */
export const rolloutCases: readonly Case[] = [
  {
    name: 'a Deployment at 0 replicas gets the ReplicaSet of its template and is complete',
    run: async (api) => {
      const made = await create(api);
      const sets = await setsOf(api);
      assert.equal(sets.length, 1);
      const [set] = sets;
      const labels = { app: 'web', [HASH]: hashOf(set) };
      assert.match(hashOf(set), /^[a-z0-9]+$/);
      assert.equal(stringAt(set, 'metadata', 'name'), `web-${hashOf(set)}`);
      assert.deepEqual(at(set, 'metadata', 'labels'), labels);
      assert.deepEqual(at(set, 'spec', 'selector', 'matchLabels'), labels);
      assert.deepEqual(at(set, 'spec', 'template', 'metadata', 'labels'), labels);
      assert.equal(at(set, 'spec', 'replicas'), 0);
      const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: uidOf(made) };
      assert.deepEqual(at(set, 'metadata', 'ownerReferences'), [
        { ...owner, controller: true, blockOwnerDeletion: true },
      ]);
      assert.deepEqual(at(set, 'metadata', 'annotations'), {
        'deployment.kubernetes.io/desired-replicas': '0',
        'deployment.kubernetes.io/max-replicas': '0',
        [REVISION]: '1',
      });
      assert.equal(annotationOf(made, REVISION), '1');
      assert.equal(generationOf(made), 1, 'the controller made no generation of its own');
      assert.deepEqual(conditionsOf(made), COMPLETE);
      assert.deepEqual(countsOf(made), {});
      const progress = listAt(made, 'status', 'conditions').find((one) => at(one, 'type') === 'Progressing');
      assert.equal(at(progress, 'message'), `ReplicaSet "web-${hashOf(set)}" has successfully progressed.`);
    },
  },
  {
    name: 'a new template makes another ReplicaSet; the template of before finds its own again',
    run: async (api) => {
      await create(api);
      const [first] = await setsOf(api);
      const second = await push(api, 2);
      assert.equal(generationOf(second), 2);
      assert.equal(annotationOf(second, REVISION), '2');
      assert.deepEqual(conditionsOf(second), COMPLETE);
      const two = await setsOf(api);
      assert.equal(two.length, 2);
      assert.equal(uidOf(two[0]), uidOf(first));
      assert.notEqual(hashOf(two[1]), hashOf(first));

      const back = await push(api, 1);
      assert.equal(annotationOf(back, REVISION), '3');
      const [other, found] = await setsOf(api);
      assert.equal(uidOf(found), uidOf(first));
      assert.equal(hashOf(found), hashOf(first));
      assert.equal(annotationOf(found, REVISION), '3');
      assert.equal(annotationOf(found, 'deployment.kubernetes.io/revision-history'), '1');
      assert.equal(annotationOf(other, REVISION), '2');
      assert.equal((await setsOf(api)).length, 2);
    },
  },
  {
    name: 'what is not of the template makes no ReplicaSet, and is observed all the same',
    run: async (api) => {
      await create(api);
      const [before] = await setsOf(api);
      expectOk(await api.merge(WEB, { metadata: { annotations: { note: 'x' } }, spec: { minReadySeconds: 5 } }));
      const after = await api.until(WEB, isDone);
      assert.equal(generationOf(after), 2);
      await api.eventually(async () => annotationOf((await setsOf(api))[0], 'note') === 'x');
      const sets = await setsOf(api);
      assert.equal(sets.length, 1);
      assert.equal(uidOf(sets[0]), uidOf(before));
      assert.equal(at(sets[0], 'spec', 'minReadySeconds'), 5);
      expectOk(await api.merge(WEB, { metadata: { labels: { team: 'shop' } } }));
      assert.equal(generationOf(await api.until(WEB, isDone)), 2);
    },
  },
  {
    name: 'a restart by annotation of the template is a new template',
    run: async (api) => {
      await create(api);
      const annotations = { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' };
      expectOk(await api.merge(WEB, { spec: { template: { metadata: { annotations } } } }));
      await api.until(WEB, (found) => isDone(found) && annotationOf(found, REVISION) === '2');
      const [, second] = await setsOf(api);
      assert.deepEqual(at(second, 'spec', 'template', 'metadata', 'annotations'), annotations);
    },
  },
  {
    name: 'a Deployment that is scaled up makes pods of its newest ReplicaSet, and loses them when scaled back',
    run: async (api) => {
      await create(api);
      await push(api, 2);
      const [, newest] = await setsOf(api);
      expectOk(await api.merge(WEB, { spec: { replicas: 1 } }));
      const up = await api.until(WEB, (found) => isObserved(found) && at(found, 'status', 'replicas') === 1);
      assert.deepEqual(countsOf(up), { replicas: 1, updatedReplicas: 1, unavailableReplicas: 1 });
      assert.deepEqual(conditionsOf(up), [
        'Available=False MinimumReplicasUnavailable',
        'Progressing=True NewReplicaSetAvailable',
      ]);
      const [pod] = listAt(expectOk(await api.get(PODS)), 'items');
      assert.match(stringAt(pod, 'metadata', 'name') ?? '', new RegExp(`^web-${hashOf(newest)}-[a-z0-9]{5}$`));
      assert.equal(stringAt(pod, 'metadata', 'generateName'), `web-${hashOf(newest)}-`);
      assert.deepEqual(at(pod, 'metadata', 'labels'), { app: 'web', [HASH]: hashOf(newest) });
      assert.equal(stringAt(pod, 'metadata', 'ownerReferences', 0, 'uid'), uidOf(newest));
      expectOk(await api.merge(WEB, { spec: { replicas: 0 } }));
      const down = await api.until(WEB, (found) => isDone(found) && at(found, 'status', 'replicas') === undefined);
      assert.deepEqual(countsOf(down), {});
      assert.deepEqual(conditionsOf(down), COMPLETE);
    },
  },
  {
    name: 'Deployments with one selector leave each other alone',
    run: async (api) => {
      await create(api);
      expectOk(await api.post(DEPLOYMENTS, { ...deployment('web'), metadata: { name: 'other' } }), 201);
      const other = await api.until(`${DEPLOYMENTS}/other`, isDone);
      const sets = await setsOf(api);
      const owners = sets.map((set) => stringAt(set, 'metadata', 'ownerReferences', 0, 'name')).sort();
      assert.deepEqual(owners, ['other', 'web']);
      assert.equal(hashOf(sets[0]), hashOf(sets[1]), 'the same template has the same hash');
      assert.equal(annotationOf(other, REVISION), '1');
    },
  },
  {
    name: 'a ReplicaSet without an owner is adopted by the Deployment that selects it',
    run: async (api) => {
      const made = await create(api);
      const body = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Orphan' };
      expectOk(await api.send('DELETE', WEB, { body, contentType: 'application/json' }));
      await api.eventually(async () => (await api.get(WEB)).status === 404);
      const [orphan] = await setsOf(api);
      assert.equal(at(orphan, 'metadata', 'ownerReferences'), undefined);
      const again = await create(api);
      assert.notEqual(uidOf(again), uidOf(made));
      const sets = await setsOf(api);
      assert.equal(sets.length, 1);
      assert.equal(uidOf(sets[0]), uidOf(orphan));
      assert.equal(stringAt(sets[0], 'metadata', 'ownerReferences', 0, 'uid'), uidOf(again));
    },
  },
  {
    name: 'a ReplicaSet that somebody deletes or scales is put right',
    run: async (api) => {
      await create(api);
      await push(api, 2);
      const [old, newest] = await setsOf(api);
      expectOk(await api.send('DELETE', `${SETS}/${stringAt(newest, 'metadata', 'name')}`));
      await api.eventually(async () => {
        const [, fresh] = await setsOf(api);
        return fresh !== undefined && uidOf(fresh) !== uidOf(newest);
      });
      const [, fresh] = await setsOf(api);
      assert.equal(hashOf(fresh), hashOf(newest));
      const path = `${SETS}/${stringAt(old, 'metadata', 'name')}`;
      expectOk(await api.merge(path, { spec: { replicas: 1 } }));
      await api.until(path, (set) => at(set, 'spec', 'replicas') === 0);
    },
  },
  {
    name: 'a paused Deployment makes no ReplicaSet until it is resumed',
    run: async (api) => {
      await create(api);
      expectOk(await api.merge(WEB, { spec: { paused: true } }));
      expectOk(await api.merge(WEB, image(2)));
      const paused = await api.until(WEB, (found) => isObserved(found) && generationOf(found) === 3);
      assert.ok(conditionsOf(paused).includes('Progressing=Unknown DeploymentPaused'), `${conditionsOf(paused)}`);
      assert.equal((await setsOf(api)).length, 1);
      expectOk(await api.merge(WEB, { spec: { paused: false } }));
      await api.until(WEB, (found) => isDone(found) && annotationOf(found, REVISION) === '2');
      assert.equal((await setsOf(api)).length, 2);
    },
  },
  {
    name: 'of old ReplicaSets as many stay as the history limit says',
    run: async (api) => {
      await create(api, { revisionHistoryLimit: 1 });
      for (const tag of [2, 3]) await push(api, tag);
      await api.eventually(async () => (await setsOf(api)).length === 2);
      assert.deepEqual(
        (await setsOf(api)).map((set) => annotationOf(set, REVISION)),
        ['2', '3'],
      );
    },
  },
  {
    name: 'a Deployment that is deleted takes its ReplicaSets and their pods along',
    run: async (api) => {
      await create(api);
      expectOk(await api.merge(WEB, { spec: { replicas: 1 } }));
      await api.until(WEB, (found) => at(found, 'status', 'replicas') === 1);
      const background = { propagationPolicy: 'Background' };
      expectOk(await api.send('DELETE', WEB, { query: background }));
      await api.eventually(async () => (await setsOf(api)).length === 0);
      await api.eventually(async () => namesOf(expectOk(await api.get(PODS))).length === 0);
    },
  },
];
