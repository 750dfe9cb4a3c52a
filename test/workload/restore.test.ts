import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { configState } from '#src/workload/config-tracking.ts';
import { garbage } from '#src/workload/garbage.ts';
import { kindOf } from '#src/workload/kinds/kind-of.ts';
import { OWNED_KINDS } from '#src/workload/restore.ts';
import { pinnedObjects, readRecord } from '#src/workload/revision-record.ts';
import { aCanary, aConfig, aTarget, primaryManifest } from './a-target.ts';

const canary = aCanary();

test('the target is held at 0 and let go at any other size, and never marked for deletion', () => {
  const object = { apiVersion: 'apps/v1', kind: 'Deployment' };
  const metadata = { name: 'podinfo', namespace: 'shop' };
  const held = { ...metadata, labels: { 'serin.dev/held': 'true' } };
  const scaled = (replicas: number) => kindOf(aTarget()).scaled(aTarget(), replicas);
  assert.deepEqual(scaled(0), { type: 'apply', object: { ...object, metadata: held, spec: { replicas: 0 } } });
  assert.deepEqual(scaled(3), { type: 'apply', object: { ...object, metadata, spec: { replicas: 3 } } });
});

test('workloads go before what they refer to', () => {
  assert.deepEqual(
    OWNED_KINDS.map(({ kind }) => kind),
    [
      ...['ScaledObject', 'HorizontalPodAutoscaler', 'Deployment', 'DaemonSet', 'Service'],
      ...['ControllerRevision', 'ConfigMap', 'Secret', 'PodDisruptionBudget'],
    ],
  );
});

/** A revision whose template refers to ConfigMap `settings` with this content. */
const pinned = (
  id: string,
  content: string,
): { readonly copies: readonly KubeObject[]; readonly record: KubeObject } => {
  const config = aConfig('ConfigMap', 'settings', { data: { content } });
  const template = { spec: { containers: [{ name: 'app', envFrom: [{ configMapRef: { name: 'settings' } }] }] } };
  const found = { id, hash: 'h', images: {}, configs: [configState(config)], absent: [] };
  const objects = pinnedObjects(found, { canary, target: aTarget({ template }), contents: [config] });
  assert.ok(objects);
  return objects;
};

test('what neither a kept record nor a workload refers to is garbage', () => {
  const [one, two, three] = [pinned('r1', 'a'), pinned('r2', 'b'), pinned('r3', 'c')];
  const record = readRecord(two.record);
  assert.ok(record);
  const refs = garbage({
    records: [one, two, three].map((revision) => revision.record),
    copies: [one, two, three].flatMap((revision) => revision.copies),
    // Still runs the second revision, though its record is not asked for.
    workloads: [primaryManifest(record, { canary, replicas: 1 })],
    keep: ['r3'],
  });
  assert.deepEqual(
    refs.map(({ kind, name }) => `${kind} ${name}`),
    ['ControllerRevision podinfo-r1', 'ControllerRevision podinfo-r2', `ConfigMap ${one.copies[0]?.metadata.name}`],
  );
});
