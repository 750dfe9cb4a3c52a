import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { World } from '#test/harness/a-world.ts';
import { aService } from '#test/harness/manifests.ts';
import { takenOverOn } from '#test/harness/plane-release.ts';
import { anIstioGateway, aVirtualService, ISTIO_ADOPTED, ISTIO_MESH } from '#test/harness/planes.ts';
import { push } from '#test/harness/release.ts';
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

type Subsets = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The DestinationRule of a host, with the labels of each subset. */
const destinationRule = (host: string, subsets: Subsets): KubeObject => ({
  apiVersion: API,
  kind: 'DestinationRule',
  metadata: { name: host, namespace: 'shop' },
  spec: { host, subsets: Object.entries(subsets).map(([name, labels]) => ({ name, labels })) },
});
const role = (side: string) => ({ 'serin.dev/role': side });
const toSubset = (host: string, subset: string, weight: number) => ({ destination: { host, subset }, weight });

/** VirtualServices from Git that lead to subsets, with what they need. */
const SUBSETS: Readonly<Record<string, readonly KubeObject[]>> = {
  'a subset of the apex': [
    destinationRule('podinfo', { v1: { app: 'podinfo' } }),
    aVirtualService({ http: [{ route: [{ destination: { host: 'podinfo', subset: 'v1' } }] }] }),
  ],
  'the sides as subsets of one Service': [
    {
      ...aService('all'),
      spec: { selector: { app: 'podinfo' }, ports: [{ name: 'http', port: 80, targetPort: 9898 }] },
    },
    destinationRule('all', { stable: role('primary'), next: role('canary') }),
    aVirtualService({ http: [{ route: [toSubset('all', 'stable', 100), toSubset('all', 'next', 0)] }] }),
  ],
};

for (const [name, objects] of Object.entries(SUBSETS)) {
  test(`adopts a VirtualService that leads to ${name}`, async (t) => {
    const world = await takenOverOn(t, { ...ISTIO_ADOPTED, objects: [anIstioGateway(), ...objects] });
    const mark = world.load.snapshot();
    push(world, 'podinfo:6.1.0');
    await world.clock.until(() => world.canary().canaryWeight === 50, 60_000);
    await world.clock.advance(1_000);
    const { failures, versions } = world.load.since(mark);
    assert.equal(failures, 0);
    assert.deepEqual(Object.keys(versions).toSorted(), ['6.0.0', '6.1.0']);
  });
}
