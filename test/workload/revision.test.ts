import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, recordAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { configRefs } from '#src/workload/config-refs.ts';
import { findRevision, targetView } from '#src/workload/revision.ts';
import { pinnedObjects, readRecord, revisionRecord } from '#src/workload/revision-record.ts';
import { aCanary, aConfig, aReplicaSet, around, aTarget, aTemplate, lookupIn, theConfigs } from './a-target.ts';

const plain = (image: string) => ({
  metadata: { labels: { app: 'podinfo' } },
  spec: { containers: [{ name: 'app', image }] },
});

const viewOf = (target: KubeObject, replicaSets: readonly KubeObject[], configs = theConfigs()) =>
  targetView({ target, around: around(replicaSets), configs: lookupIn(configs), named: [], beside: [] });

test('the revision is the hash that Kubernetes gave the template, with that of its configs', () => {
  const target = aTarget();
  const view = viewOf(target, [aReplicaSet(target)]);
  assert.match(view.revision?.id ?? '', /^6d5f8c-[0-9a-f]{6}$/);
  assert.match(view.revision?.hash ?? '', /^[0-9a-f]{64}$/);
  assert.deepEqual(view.revision?.images, {
    migrate: 'shop/migrate:1',
    app: 'registry.example.com:5000/shop/podinfo:6.1',
    proxy: 'envoy@sha256:0000',
  });
  assert.deepEqual(
    { ...view, revision: undefined },
    {
      uid: 'target-1',
      deleting: false,
      replicas: 3,
      readyReplicas: 2,
      revision: undefined,
    },
  );
});

test('without tracked configs the id is the template’s hash alone', () => {
  const template = plain('app:1');
  const target = aTarget({ template });
  assert.equal(viewOf(target, [aReplicaSet(target, { template, hash: 'abc' })]).revision?.id, 'abc');
});

test('a changed config is a new revision of the same template; an adopted one is not', () => {
  const target = aTarget();
  const sets = [aReplicaSet(target)];
  const before = viewOf(target, sets).revision;
  const changed = (name: string) =>
    theConfigs().map((config) => (config.metadata.name === name ? { ...config, data: { new: 'x' } } : config));
  const after = viewOf(target, sets, changed('settings')).revision;
  assert.notEqual(after?.id, before?.id);
  assert.equal(after?.hash, before?.hash);
  assert.equal(viewOf(target, sets, changed('cert')).revision?.id, before?.id);
  const optional = [...theConfigs(), aConfig('Secret', 'token')];
  assert.notEqual(viewOf(target, sets, optional).revision?.id, before?.id);
});

test('going back to an older template finds its ReplicaSet; of two, the older', () => {
  const [one, two] = [plain('app:1'), plain('app:2')];
  const target = aTarget({ template: one });
  const sets = [
    aReplicaSet(target, { template: two, hash: 'two', createdAt: '2026-01-02T00:00:00Z' }),
    aReplicaSet(target, { template: one, hash: 'again', createdAt: '2026-01-03T00:00:00Z' }),
    aReplicaSet(target, { template: one, hash: 'one', createdAt: '2026-01-01T00:00:00Z' }),
  ];
  assert.equal(viewOf(target, sets).revision?.id, 'one');
  assert.equal(viewOf(target, [...sets].reverse()).revision?.id, 'one');
});

test('somebody else’s ReplicaSet with the same template does not count', () => {
  const target = aTarget();
  const stranger = aReplicaSet({ ...target, metadata: { ...target.metadata, uid: 'other' } });
  assert.equal(
    viewOf(target, [stranger]).waiting,
    'Kubernetes has made no ReplicaSet for the template of Deployment shop/podinfo yet',
  );
});

test('until Kubernetes has caught up there is no revision, and it says so', () => {
  const target = aTarget();
  const behind = { ...target, status: { observedGeneration: 2 } };
  assert.equal(
    viewOf(behind, [aReplicaSet(target)]).waiting,
    'Kubernetes has not acted on generation 3 of Deployment shop/podinfo yet (it has on 2)',
  );
  assert.match(viewOf(aTarget({ spec: { paused: true } }), []).waiting ?? '', /is paused, .*set spec.paused to false/);
  const { waiting, revision } = viewOf(target, [aReplicaSet(target)], []);
  assert.equal(waiting, 'ConfigMap files does not exist, and the template needs it');
  assert.equal(revision, undefined);
});

const found = (target: KubeObject) => {
  const revision = findRevision({
    target,
    around: around([aReplicaSet(target)]),
    configs: lookupIn(theConfigs()),
    named: [],
  });
  assert.ok(!('waiting' in revision));
  return revision;
};

test('a record keeps the target’s spec and leads its template to the copies', () => {
  const target = aTarget();
  const record = revisionRecord(target, found(target));
  assert.deepEqual(record.labels, { app: 'podinfo' });
  assert.deepEqual(record.annotations, { 'example.com/owner': 'team' });
  const { replicas: _, paused: __, template: ___, ...spec } = recordAt(target, 'spec');
  const { template, ...kept } = record.spec;
  assert.deepEqual(kept, spec);
  assert.equal(record.copies.length, 3);
  const names = configRefs(recordAt({ template }, 'template')).map(({ name }) => name);
  for (const copy of record.copies) assert.ok(names.includes(copy), copy);
  assert.ok(names.includes('cert'), 'an adopted config keeps its name');
  assert.deepEqual(at(template, 'spec', 'futureField'), at(aTemplate(), 'spec', 'futureField'));
});

test('pinning writes the copies, then the record, and what is written reads back', () => {
  const target = aTarget();
  const revision = found(target);
  const pinned = pinnedObjects(revision, { canary: aCanary(), target, contents: theConfigs() });
  assert.deepEqual(
    pinned?.copies.map(({ metadata }) => metadata.name).sort(),
    [...revisionRecord(target, revision).copies].sort(),
  );
  assert.deepEqual(pinned?.record.metadata.labels, {
    'serin.dev/canary-uid': 'uid-of-podinfo',
    'serin.dev/revision': revision.id,
  });
  assert.equal(pinned?.record.metadata.name, `podinfo-${revision.id}`);
  assert.ok(pinned);
  const stored: KubeObject = JSON.parse(JSON.stringify(pinned.record));
  assert.deepEqual(readRecord(stored), revisionRecord(target, revision));
  assert.equal(readRecord({ ...stored, data: { spec: {} } }), undefined);
});

test('a config that has changed since is not pinned under the old revision', () => {
  const target = aTarget();
  const contents = theConfigs().map((config) => ({ ...config, data: { changed: 'x' } }));
  assert.equal(pinnedObjects(found(target), { canary: aCanary(), target, contents }), undefined);
  assert.equal(pinnedObjects(found(target), { canary: aCanary(), target, contents: [] }), undefined);
});

test('a target at 0 replicas without the label by which admission holds it is told', () => {
  const at0 = (labels: Readonly<Record<string, string>>): KubeObject => {
    const target = aTarget();
    return { ...target, metadata: { ...target.metadata, labels }, spec: { ...recordAt(target, 'spec'), replicas: 0 } };
  };
  assert.equal(viewOf(at0({}), []).unheld, true);
  assert.equal(viewOf(at0({ 'serin.dev/held': 'true' }), []).unheld, undefined);
});
