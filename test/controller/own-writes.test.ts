import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnWrites } from '#src/controller/own-writes.ts';
import type { KubeObject, ObjectRef } from '#src/lib/kube-object.ts';

const ref: ObjectRef = { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'app' };
const service = (resourceVersion: string, uid = 'u1'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'app', namespace: 'shop', resourceVersion, uid },
});

test('shows a write before the watch does, and the watch once it is newer', () => {
  const writes = new OwnWrites();
  writes.wrote(service('10'));
  assert.equal(writes.newest(ref, service('9'))?.metadata.resourceVersion, '10');
  assert.equal(writes.newest(ref, undefined)?.metadata.resourceVersion, '10');
  assert.equal(writes.newest(ref, service('11'))?.metadata.resourceVersion, '11');
  writes.seen({ deleted: false, object: service('9') });
  assert.equal(writes.newest(ref, service('9'))?.metadata.resourceVersion, '10');
  writes.seen({ deleted: false, object: service('10') });
  assert.equal(writes.newest(ref, undefined), undefined);
});

test('compares versions as numbers, not as text', () => {
  const writes = new OwnWrites();
  writes.wrote(service('100'));
  assert.equal(writes.newest(ref, service('99'))?.metadata.resourceVersion, '100');
});

test('a deletion hides the old object, never a new one of the same name', () => {
  const writes = new OwnWrites();
  writes.removed(ref, 'u1');
  assert.equal(writes.newest(ref, service('9')), undefined);
  assert.equal(writes.newest(ref, service('12', 'u2'))?.metadata.uid, 'u2');
  writes.seen({ deleted: true, object: service('9') });
  assert.equal(writes.newest(ref, service('9'))?.metadata.uid, 'u1');
});

test('somebody else deleting what was written is believed', () => {
  const writes = new OwnWrites();
  writes.wrote(service('10'));
  writes.seen({ deleted: true, object: service('11') });
  assert.equal(writes.newest(ref, undefined), undefined);
});
