import assert from 'node:assert/strict';
import { at, recordAt, stringAt } from '#src/lib/json.ts';
import { SPECS } from '#test/api/example.ts';
import {
  type Case,
  type Client,
  configMap,
  expectOk,
  expectRefusal,
  generationOf,
  httpRoute,
  uidOf,
  versionOf,
} from './harness.ts';

const MAPS = 'v1 configmaps';
const ROUTES = 'gateway.networking.k8s.io/v1 httproutes';
const FINALIZER = 'example.com/hold';

const owned = (name: string, owner: unknown, fields: Readonly<Record<string, unknown>> = {}) =>
  configMap(name, {
    metadata: {
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          name: stringAt(owner, 'metadata', 'name'),
          uid: uidOf(owner),
          ...fields,
        },
      ],
    },
  });

const isGone = async (api: Client, path: string): Promise<boolean> => (await api.get(path)).status === 404;

const remove = (api: Client, path: string, propagationPolicy: string) =>
  api.send('DELETE', path, {
    body: { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy },
    contentType: 'application/json',
  });

/** Deletion: preconditions, finalizers, owners, namespaces. */
export const lifecycleCases: readonly Case[] = [
  {
    name: 'DELETE holds for one uid and one resourceVersion when it says so',
    run: async (api) => {
      const created = expectOk(await api.post(MAPS, configMap('a')), 201);
      const uid = uidOf(created);
      const send = (preconditions: object) =>
        api.send('DELETE', `${MAPS}/a`, {
          body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions },
          contentType: 'application/json',
        });
      const other = await send({ uid: uid.replace(/^./, (digit) => (digit === 'a' ? 'b' : 'a')) });
      assert.match(
        expectRefusal(other, 409, 'Conflict'),
        /^Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition \(.*\) does not match the UID in record/,
      );
      expectRefusal(await send({ uid, resourceVersion: '1' }), 409, 'Conflict');
      const done = expectOk(await send({ uid, resourceVersion: versionOf(created) }));
      assert.equal(done['status'], 'Success');
      assert.equal(stringAt(done, 'details', 'uid'), uid);
      expectRefusal(await send({ uid }), 404, 'NotFound');
    },
  },
  {
    name: 'finalizers keep an object until the last is gone, and no new ones come then',
    run: async (api) => {
      const path = `${ROUTES}/web`;
      const held = { ...httpRoute('web', {}), metadata: { name: 'web', finalizers: [FINALIZER] } };
      expectOk(await api.post(ROUTES, held), 201);
      const marked = expectOk(await api.send('DELETE', path));
      assert.match(stringAt(marked, 'metadata', 'deletionTimestamp') ?? '', /Z$/);
      assert.equal(generationOf(marked), 2);
      const again = expectOk(await api.send('DELETE', path));
      assert.equal(versionOf(again), versionOf(marked));
      const more = { metadata: { finalizers: [FINALIZER, 'example.com/more'] } };
      assert.match(expectRefusal(await api.merge(path, more), 422, 'Invalid'), /metadata\.finalizers: Forbidden/);
      expectOk(await api.merge(path, { metadata: { finalizers: null } }));
      assert.ok(await isGone(api, path));
    },
  },
  {
    name: 'the same name again is another object',
    run: async (api) => {
      const first = expectOk(await api.post(MAPS, configMap('a')), 201);
      expectOk(await api.send('DELETE', `${MAPS}/a`));
      const second = expectOk(await api.post(MAPS, configMap('a')), 201);
      assert.notEqual(uidOf(second), uidOf(first));
      expectRefusal(await api.put(`${MAPS}/a`, { ...first, data: { x: '1' } }), 409, 'Conflict');
    },
  },
  {
    name: 'dependents follow their last owner',
    run: async (api) => {
      const [one, two] = [await api.post(MAPS, configMap('one')), await api.post(MAPS, configMap('two'))];
      const references = [one, two].flatMap(({ body }) => at(owned('', body), 'metadata', 'ownerReferences'));
      expectOk(await api.post(MAPS, owned('child', one.body)), 201);
      expectOk(await api.post(MAPS, configMap('shared', { metadata: { ownerReferences: references } })), 201);
      expectOk(await api.post(MAPS, configMap('free')), 201);
      expectOk(await api.send('DELETE', `${MAPS}/one`));
      await api.eventually(() => isGone(api, `${MAPS}/child`));
      await api.eventually(async () => {
        const shared = expectOk(await api.get(`${MAPS}/shared`));
        return at(shared, 'metadata', 'ownerReferences', 1) === undefined;
      });
      expectOk(await api.get(`${MAPS}/free`));
    },
  },
  {
    name: 'a dependent whose owner never was is collected',
    run: async (api) => {
      const ghost = { metadata: { name: 'ghost', uid: '11111111-2222-3333-4444-555555555555' } };
      expectOk(await api.post(MAPS, owned('child', ghost)), 201);
      await api.eventually(() => isGone(api, `${MAPS}/child`));
    },
  },
  {
    name: 'a dependent does not pass to another object of its owner’s name',
    run: async (api) => {
      const first = expectOk(await api.post(MAPS, configMap('owner')), 201);
      expectOk(await api.send('DELETE', `${MAPS}/owner`));
      expectOk(await api.post(MAPS, configMap('owner')), 201);
      expectOk(await api.post(MAPS, owned('child', first)), 201);
      await api.eventually(() => isGone(api, `${MAPS}/child`));
      expectOk(await api.get(`${MAPS}/owner`));
    },
  },
  {
    name: 'a ControllerRevision goes with the Canary that owns it; what was stored in it does not change',
    run: async (api) => {
      const canary = {
        apiVersion: 'serin.dev/v1alpha1',
        kind: 'Canary',
        metadata: { name: 'a' },
        spec: SPECS['Canary'],
      };
      const owner = expectOk(await api.post('serin.dev/v1alpha1 canaries', canary), 201);
      const reference = { apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', name: 'a', uid: uidOf(owner) };
      const path = 'apps/v1 controllerrevisions';
      const revision = {
        apiVersion: 'apps/v1',
        kind: 'ControllerRevision',
        metadata: { name: 'a-1', ownerReferences: [{ ...reference, controller: true, blockOwnerDeletion: true }] },
        revision: 1,
        data: { template: { spec: { containers: [{ name: 'app', image: 'example.com/web:1' }] } } },
      };
      const stored = expectOk(await api.post(path, revision), 201);
      assert.deepEqual(stored['data'], revision.data);
      const changed = await api.merge(`${path}/a-1`, { data: { template: {}, more: 1 } });
      assert.match(expectRefusal(changed, 422, 'Invalid'), /data: Invalid value: .*field is immutable/s);
      expectOk(await api.merge(`${path}/a-1`, { revision: 2 }));
      expectOk(await remove(api, 'serin.dev/v1alpha1 canaries/a', 'Background'));
      await api.eventually(() => isGone(api, `${path}/a-1`));
    },
  },
  {
    name: 'deletion in the foreground waits for dependents that block it',
    run: async (api) => {
      const owner = expectOk(await api.post(MAPS, configMap('owner')), 201);
      const child = owned('child', owner, { blockOwnerDeletion: true });
      const held = { ...child, metadata: { ...recordAt(child, 'metadata'), finalizers: [FINALIZER] } };
      expectOk(await api.post(MAPS, held), 201);
      const marked = expectOk(await remove(api, `${MAPS}/owner`, 'Foreground'));
      assert.deepEqual(at(marked, 'metadata', 'finalizers'), ['foregroundDeletion']);
      await api.eventually(async () => {
        const waiting = expectOk(await api.get(`${MAPS}/child`));
        return at(waiting, 'metadata', 'deletionTimestamp') !== undefined;
      });
      expectOk(await api.get(`${MAPS}/owner`));
      expectOk(await api.merge(`${MAPS}/child`, { metadata: { finalizers: null } }));
      await api.eventually(() => isGone(api, `${MAPS}/owner`));
    },
  },
  {
    name: 'orphaned dependents stay and forget their owner',
    run: async (api) => {
      const owner = expectOk(await api.post(MAPS, configMap('owner')), 201);
      expectOk(await api.post(MAPS, owned('child', owner)), 201);
      expectOk(await remove(api, `${MAPS}/owner`, 'Orphan'));
      await api.eventually(() => isGone(api, `${MAPS}/owner`));
      const child = expectOk(await api.get(`${MAPS}/child`));
      assert.equal(at(child, 'metadata', 'ownerReferences'), undefined);
    },
  },
  {
    name: 'a namespace goes with all that is in it, and takes nothing new meanwhile',
    run: async (api) => {
      const name = `${api.namespace}-b`;
      const path = `/api/v1/namespaces/${name}`;
      expectOk(await api.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }), 201);
      const held = configMap('held', { metadata: { finalizers: [FINALIZER] } });
      expectOk(await api.post(`${path}/configmaps`, held), 201);
      expectOk(await api.post(`${path}/configmaps`, configMap('free')), 201);
      expectOk(await api.send('DELETE', path));
      const refused = expectRefusal(await api.post(`${path}/configmaps`, configMap('late')), 403, 'Forbidden');
      assert.match(refused, /because it is being terminated$/);
      await api.eventually(() => isGone(api, `${path}/configmaps/free`));
      const terminating = expectOk(await api.get(path));
      assert.equal(stringAt(terminating, 'status', 'phase'), 'Terminating');
      expectOk(await api.merge(`${path}/configmaps/held`, { metadata: { finalizers: null } }));
      await api.eventually(() => isGone(api, path));
    },
  },
];
