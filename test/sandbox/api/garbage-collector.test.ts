import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject, OwnerReference } from '#src/lib/kube-object.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';

const manager = 'test';
const ref = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name });
const configMap = (name: string, ownerReferences: readonly OwnerReference[] = []): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'default', name, ...(ownerReferences.length === 0 ? {} : { ownerReferences }) },
});
const owner = ({ apiVersion, kind, metadata }: KubeObject): OwnerReference => ({
  apiVersion,
  kind,
  name: metadata.name,
  uid: metadata.uid ?? '',
});

test('an owner of a kind that is not served is not taken for gone', async () => {
  const clock = new VirtualClock();
  const api = new SandboxApi({ clock });
  api.write(configMap('child', [{ apiVersion: 'example.com/v1', kind: 'Gadget', name: 'a', uid: '1' }]), { manager });
  await clock.advance(60_000);
  assert.notEqual(api.read(ref('child')), undefined);
});

test('an owner is found in every version of its kind, but under its uid only', async () => {
  const clock = new VirtualClock();
  const api = new SandboxApi({ clock });
  const first = api.write(configMap('owner'), { manager });
  api.write(configMap('kept', [{ ...owner(first), apiVersion: 'v2' }]), { manager });
  api.remove(ref('owner'));
  api.write(configMap('owner'), { manager });
  api.write(configMap('late', [owner(first)]), { manager });
  await clock.advance(60_000);
  assert.equal(api.read(ref('kept')), undefined);
  assert.equal(api.read(ref('late')), undefined);
  assert.notEqual(api.read(ref('owner')), undefined);
});

test('a chain of owners goes one after the other, and a closed collector does nothing', async () => {
  for (const closed of [false, true]) {
    const clock = new VirtualClock();
    const api = new SandboxApi({ clock });
    let above = api.write(configMap('link-0'), { manager });
    for (const name of ['link-1', 'link-2', 'link-3']) above = api.write(configMap(name, [owner(above)]), { manager });
    if (closed) api.close();
    api.remove(ref('link-0'));
    await clock.advance(60_000);
    assert.equal(api.read(ref('link-3')) === undefined, !closed);
  }
});

test('what no longer names its owner stays', async () => {
  const clock = new VirtualClock();
  const api = new SandboxApi({ clock });
  const above = api.write(configMap('owner'), { manager });
  api.write(configMap('child', [owner(above)]), { manager });
  api.write(configMap('child'), { manager });
  api.remove(ref('owner'));
  await clock.advance(60_000);
  assert.notEqual(api.read(ref('child')), undefined);
});
