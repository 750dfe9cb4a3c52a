import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnWrites, type Shown } from '#src/controller/own-writes.ts';
import type { KubeObject, ObjectRef } from '#src/lib/kube-object.ts';

const ref: ObjectRef = { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'app' };
const service = (resourceVersion: string, uid = 'u1'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'app', namespace: 'shop', resourceVersion, uid },
});
/** What a watch has shown that has come as far as `upTo`. */
const shown = (upTo: string, object?: KubeObject): Shown => ({ object, upTo });

test('shows a write before the watch does, and the watch once it is newer', () => {
  const writes = new OwnWrites();
  writes.wrote(service('10'), shown('9', service('8')));
  assert.equal(writes.newest(ref, shown('9', service('8')))?.metadata.resourceVersion, '10');
  assert.equal(writes.newest(ref, shown('9'))?.metadata.resourceVersion, '10');
  assert.equal(writes.newest(ref, shown('11', service('11')))?.metadata.resourceVersion, '11');
  assert.equal(writes.size, 0);
});

test('forgets a write as soon as the watch has shown it', () => {
  const writes = new OwnWrites();
  writes.wrote(service('10'), shown('9'));
  writes.seen({ deleted: false, object: service('9') });
  assert.equal(writes.size, 1);
  writes.seen({ deleted: false, object: service('10') });
  assert.equal(writes.size, 0);
});

test('compares versions as numbers, not as text', () => {
  const writes = new OwnWrites();
  writes.wrote(service('100'), shown('99'));
  assert.equal(writes.newest(ref, shown('99', service('99')))?.metadata.resourceVersion, '100');
});

test('a deletion hides the old object, never a new one of the same name', () => {
  const writes = new OwnWrites();
  writes.removed(ref, { uid: 'u1', shown: service('9') });
  assert.equal(writes.newest(ref, shown('9', service('9'))), undefined);
  assert.equal(writes.newest(ref, shown('12', service('12', 'u2')))?.metadata.uid, 'u2');
  assert.equal(writes.size, 0);
});

test('a deletion also hides what no watch has shown yet', () => {
  const writes = new OwnWrites();
  writes.wrote(service('10'), shown('9'));
  writes.removed(ref, { uid: 'u1', shown: undefined });
  assert.equal(writes.newest(ref, shown('9')), undefined);
  assert.equal(writes.newest(ref, shown('10', service('10'))), undefined);
  writes.seen({ deleted: true, object: service('11') });
  assert.equal(writes.size, 0);
});

test('somebody else deleting what was written is believed', () => {
  const writes = new OwnWrites();
  writes.wrote(service('10'), shown('9'));
  writes.seen({ deleted: true, object: service('11') });
  assert.equal(writes.newest(ref, shown('11')), undefined);
});

test('what a new list no longer holds is gone, though no watch ever showed it', () => {
  const writes = new OwnWrites();
  writes.wrote(service('10'), shown('9'));
  assert.equal(writes.newest(ref, shown('12')), undefined);
  assert.equal(writes.size, 0);
});

test('keeps nothing of a write or a deletion that the watch has shown before its answer came', () => {
  const writes = new OwnWrites();
  writes.wrote(service('10'), shown('10', service('10')));
  writes.wrote(service('10'), shown('11'));
  writes.removed(ref, { uid: 'u1', shown: undefined });
  assert.equal(writes.size, 0);
});
