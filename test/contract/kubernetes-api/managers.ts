import assert from 'node:assert/strict';
import { at, listAt, stringAt } from '#src/lib/json.ts';
import {
  type Case,
  configMap,
  deployment,
  expectOk,
  expectRefusal,
  generationOf,
  type Json,
  uidOf,
  versionOf,
} from './harness.ts';

const DEPLOYMENTS = 'apps/v1 deployments';
const WEB = `${DEPLOYMENTS}/web`;
const SCALE = `${WEB}/scale`;
const REVISION = 'deployment.kubernetes.io/revision';

/** Entries of managedFields as `manager operation subresource`. */
const entriesOf = (object: unknown): readonly string[] =>
  listAt(object, 'metadata', 'managedFields')
    .map((entry) => [at(entry, 'manager'), at(entry, 'operation'), at(entry, 'subresource')].filter(Boolean).join(' '))
    .sort();

const fieldsOf = (object: unknown, entry: string): unknown => {
  const index = listAt(object, 'metadata', 'managedFields').findIndex(
    (item) => [at(item, 'manager'), at(item, 'operation'), at(item, 'subresource')].filter(Boolean).join(' ') === entry,
  );
  return at(object, 'metadata', 'managedFields', index, 'fieldsV1');
};

const isObserved = (object: Json): boolean => at(object, 'status', 'observedGeneration') === generationOf(object);
const replicas = { 'f:spec': { 'f:replicas': {} } };

/** Who is told to own a field, when it is not the one who applied it. */
export const managerCases: readonly Case[] = [
  {
    name: 'kubectl scale takes the replicas through the sub-resource, and Git is told so',
    run: async (api) => {
      expectOk(await api.apply(WEB, deployment('web'), { fieldManager: 'git' }), 201);
      const scaled = expectOk(await api.merge(SCALE, { spec: { replicas: 2 } }, { fieldManager: 'kubectl' }));
      assert.equal(stringAt(scaled, 'kind'), 'Scale');
      assert.equal(stringAt(scaled, 'apiVersion'), 'autoscaling/v1');
      assert.deepEqual(scaled['spec'], { replicas: 2 });
      assert.equal(stringAt(scaled, 'status', 'selector'), 'app=web');
      const found = expectOk(await api.get(WEB));
      assert.equal(at(found, 'spec', 'replicas'), 2);
      assert.equal(generationOf(found), 2);
      assert.equal(uidOf(scaled), uidOf(found));
      assert.deepEqual(fieldsOf(found, 'kubectl Update scale'), replicas);
      assert.equal(at(fieldsOf(found, 'git Apply'), 'f:spec', 'f:replicas'), undefined);
      const refused = await api.apply(WEB, deployment('web'), { fieldManager: 'git' });
      assert.equal(
        expectRefusal(refused, 409, 'Conflict'),
        'Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas',
      );
      const forced = expectOk(await api.apply(WEB, deployment('web'), { fieldManager: 'git', force: 'true' }));
      assert.equal(at(forced, 'spec', 'replicas'), 0);
      assert.equal(fieldsOf(forced, 'kubectl Update scale'), undefined);
    },
  },
  {
    name: 'an autoscaler replaces the scale, guarded by the version that it read',
    run: async (api) => {
      expectOk(await api.post(DEPLOYMENTS, deployment('web')), 201);
      await api.until(WEB, isObserved);
      // Its controller may be about to write its status once more.
      const put = async (count: number) => {
        const scale = expectOk(await api.get(SCALE));
        return {
          scale,
          answer: await api.put(SCALE, { ...scale, spec: { replicas: count } }, { fieldManager: 'hpa' }),
        };
      };
      let done = await put(1);
      if (done.answer.status === 409) done = await put(1);
      const written = expectOk(done.answer);
      assert.notEqual(versionOf(written), versionOf(done.scale));
      const stale = await api.put(SCALE, { ...done.scale, spec: { replicas: 2 } });
      assert.match(expectRefusal(stale, 409, 'Conflict'), /^Operation cannot be fulfilled on deployments\.apps "web"/);
      const negative = await api.merge(SCALE, { spec: { replicas: -1 } });
      assert.equal(
        expectRefusal(negative, 422, 'Invalid'),
        'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      );
      expectRefusal(await api.get(`${DEPLOYMENTS}/none/scale`), 404, 'NotFound');
      assert.deepEqual(fieldsOf(expectOk(await api.get(WEB)), 'hpa Update scale'), replicas);
    },
  },
  {
    name: 'the Deployment controller writes through the status alone, its revision too',
    run: async (api) => {
      expectOk(await api.apply(WEB, deployment('web'), { fieldManager: 'git' }), 201);
      const found = await api.until(WEB, isObserved);
      assert.deepEqual(entriesOf(found), ['git Apply', 'kube-controller-manager Update status']);
      const fields = fieldsOf(found, 'kube-controller-manager Update status');
      assert.deepEqual(at(fields, 'f:metadata', 'f:annotations', `f:${REVISION}`), {});
      assert.notEqual(at(fields, 'f:status', 'f:observedGeneration'), undefined);
    },
  },
  {
    name: 'annotations of built-in kinds can be written through the status, without a new generation',
    run: async (api) => {
      expectOk(await api.post(DEPLOYMENTS, deployment('web')), 201);
      const metadata = { annotations: { note: 'x' }, labels: { team: 'shop' } };
      const written = expectOk(await api.merge(`${WEB}/status`, { metadata, status: {} }, { fieldManager: 'other' }));
      assert.equal(stringAt(written, 'metadata', 'annotations', 'note'), 'x');
      assert.equal(at(written, 'metadata', 'labels'), undefined);
      assert.equal(generationOf(written), 1);
      assert.deepEqual(at(fieldsOf(written, 'other Update status'), 'f:metadata', 'f:annotations', 'f:note'), {});
      const through = expectOk(await api.merge(WEB, { metadata: { annotations: { [REVISION]: '7' } } }));
      assert.equal(generationOf(through), 2, 'by anybody else, every annotation counts');
    },
  },
  {
    name: 'a ReplicaSet is its controller’s, and so is its status',
    run: async (api) => {
      expectOk(await api.post(DEPLOYMENTS, deployment('web')), 201);
      await api.until(WEB, isObserved);
      await api.eventually(async () => {
        const [set] = listAt(expectOk(await api.get('apps/v1 replicasets')), 'items');
        return at(set, 'status', 'observedGeneration') === 1;
      });
      const [set] = listAt(expectOk(await api.get('apps/v1 replicasets')), 'items');
      assert.deepEqual(entriesOf(set), ['kube-controller-manager Update', 'kube-controller-manager Update status']);
    },
  },
  {
    name: 'what nobody applied has its creator as Update',
    run: async (api) => {
      const made = expectOk(await api.post('v1 configmaps', configMap('a', { data: { x: '1' } })), 201);
      assert.deepEqual(
        entriesOf(made).map((entry) => entry.replace(/^.* /, '')),
        ['Update'],
      );
    },
  },
];
