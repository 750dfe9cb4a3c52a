import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { World } from '#test/harness/a-world.ts';
import { aVirtualService, ISTIO_ADOPTED, ISTIO_MESH } from '#test/harness/planes.ts';
import { isThere, liveOn } from './lives.ts';

const API = 'networking.istio.io/v1';
const virtualService = (world: World): KubeObject | undefined =>
  world.read({ apiVersion: API, kind: 'VirtualService', namespace: 'shop', name: 'podinfo' });

test('a whole life in the mesh, with a VirtualService of its own', async (t) => {
  const world = await liveOn(t, ISTIO_MESH, {
    whileServing: (serving) => assert.notEqual(virtualService(serving), undefined),
  });
  assert.equal(virtualService(world), undefined);
  for (const name of ['podinfo-primary', 'podinfo-canary']) {
    assert.equal(isThere(world, { apiVersion: API, kind: 'DestinationRule', name }), false, name);
  }
});

test('a whole life with a VirtualService from Git, which is given back as it was', async (t) => {
  const world = await liveOn(t, ISTIO_ADOPTED, {
    whileServing: (serving) => {
      const hosts = listAt(virtualService(serving), 'spec', 'http', 0, 'route').map(
        (entry) => Object(entry).destination.host,
      );
      assert.deepEqual(hosts, ['podinfo-primary', 'podinfo-canary']);
    },
  });
  assert.deepEqual(virtualService(world)?.['spec'], aVirtualService()['spec']);
});
