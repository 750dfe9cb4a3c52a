import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';

const CONFIG = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'settings' } };
const manager = 'test';

test('listeners hear of changes in order, after the code that made them', async () => {
  const clock = new VirtualClock();
  const api = new SandboxApi({ clock });
  await clock.settle();
  const heard: string[] = [];
  api.subscribe(({ type, object }) => heard.push(`${type} ${object.metadata.name}`));
  api.write(CONFIG, { manager });
  api.write({ ...CONFIG, data: { a: '1' } }, { manager });
  api.write({ ...CONFIG, data: { a: '1' } }, { manager });
  api.remove({ ...CONFIG, ...CONFIG.metadata });
  assert.deepEqual(heard, []);
  await clock.settle();
  assert.deepEqual(heard, ['ADDED settings', 'MODIFIED settings', 'DELETED settings']);
});

test('what is stored cannot be changed from outside', () => {
  const api = new SandboxApi({ clock: new VirtualClock() });
  const data = { a: '1' };
  api.write({ ...CONFIG, data }, { manager });
  data.a = '2';
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', ...CONFIG.metadata };
  assert.deepEqual(api.read(ref)?.['data'], { a: '1' });
  assert.throws(() => Object.assign(api.read(ref)?.metadata ?? {}, { name: 'other' }), TypeError);
});

test('status is written apart from spec and makes no generation', () => {
  const api = new SandboxApi({ clock: new VirtualClock() });
  const ref = { apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace: 'default', name: 'web' };
  const { apiVersion, kind, namespace, name } = ref;
  const labels = { app: 'web' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'web:1' }] } };
  const spec = { replicas: 1, selector: { matchLabels: labels }, template };
  const object = { apiVersion, kind, metadata: { namespace, name }, spec };
  api.write({ ...object, status: { replicas: 9 } }, { manager });
  assert.equal(api.read(ref)?.['status'], undefined);
  api.writeStatus(ref, { replicas: 1 }, { manager });
  api.write({ ...object, spec: { ...spec, replicas: 2 } }, { manager });
  assert.deepEqual(api.read(ref)?.['status'], { replicas: 1 });
  assert.equal(api.read(ref)?.metadata.generation, 2);
});
