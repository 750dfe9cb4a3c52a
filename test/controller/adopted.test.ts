import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, listAt, recordAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { refOf } from '#src/lib/kube-object.ts';
import { canaryRef, type World } from '#test/harness/a-world.ts';
import { aCanary, adopting, anIngress, aRoute, aService, behindIngress } from '#test/harness/manifests.ts';
import { anIstioGateway, aVirtualService, ISTIO_ADOPTED } from '#test/harness/planes.ts';
import { ended, type Owner, push, serving } from '#test/harness/release.ts';

// What was there before keeps all that Serin has no business with, known to it or not, through a take-over, a release and
// a deletion; and is the very same at the end.

const withSpec = (object: KubeObject, spec: Readonly<Record<string, unknown>>): KubeObject => ({
  ...object,
  spec: { ...recordAt(object, 'spec'), ...spec },
});
const withMetadata = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    labels: { team: 'shop', 'app.kubernetes.io/managed-by': 'Helm' },
    annotations: { 'service.beta.kubernetes.io/aws-load-balancer-type': 'nlb', 'example.com/note': 'keep me' },
  },
});

const SERVICE = withMetadata(
  withSpec(aService(), {
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } },
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: 31_000,
    ipFamilyPolicy: 'SingleStack',
    ipFamilies: ['IPv4'],
    loadBalancerSourceRanges: ['10.0.0.0/8'],
    publishNotReadyAddresses: false,
    futureField: { of: 'a newer cluster' },
    ports: [
      { name: 'http', port: 80, targetPort: 9898, nodePort: 30_080, appProtocol: 'http' },
      { name: 'metrics', port: 9797, targetPort: 9797, nodePort: 30_797 },
    ],
  }),
);

const ROUTE = withMetadata(
  withSpec(aRoute(), {
    futureField: [1, 2],
    rules: [
      {
        name: 'main',
        matches: [{ path: { type: 'PathPrefix', value: '/' } }],
        backendRefs: [{ name: 'podinfo', port: 80, futureField: true }],
      },
      {
        name: 'other',
        matches: [{ path: { type: 'Exact', value: '/x' } }],
        backendRefs: [{ name: 'elsewhere', port: 80 }],
      },
    ],
  }),
);

const INGRESS = withMetadata(
  withSpec(anIngress(), { tls: [{ hosts: ['podinfo.example.com'], secretName: 'tls' }], futureField: 1 }),
);

const VIRTUAL_SERVICE = withMetadata(
  aVirtualService({
    exportTo: ['.'],
    http: [
      {
        name: 'main',
        retries: { attempts: 2, futureField: 'x' },
        timeout: '15s',
        route: [{ destination: { host: 'podinfo' } }],
      },
    ],
  }),
);

const PLANES = {
  HTTPRoute: { objects: [ROUTE], spec: adopting() },
  Ingress: { objects: [INGRESS], spec: behindIngress() },
  VirtualService: { objects: [anIstioGateway(), VIRTUAL_SERVICE], spec: ISTIO_ADOPTED.spec },
} as const;

/** The sandbox validates no field of these kinds that it does not know, as an older API server would prune them. */
const takenOver = async (
  owner: Owner,
  plane: keyof typeof PLANES,
): Promise<{ world: World; before: readonly KubeObject[] }> => {
  const { objects, spec } = PLANES[plane];
  const world = await serving(owner, { rps: 20 });
  world.apply(aService('elsewhere'));
  world.replace(SERVICE);
  for (const object of objects) world.replace(object);
  await world.clock.advance(1_000);
  const before = [SERVICE, ...objects].flatMap((object) => world.read(refOf(object)) ?? []);
  world.startController();
  world.apply(aCanary(spec));
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  return { world, before };
};

/** Without what every write changes. */
const essence = ({ metadata, status: _, ...rest }: KubeObject): unknown => {
  const { name, labels = {}, annotations = {} } = metadata;
  return { ...rest, metadata: { name, labels, annotations } };
};
const without = (value: unknown, drop: (key: string, value: unknown) => boolean): unknown =>
  JSON.parse(JSON.stringify(value, (key, inner) => (drop(key, inner) ? undefined : inner)));

for (const plane of ['HTTPRoute', 'Ingress', 'VirtualService'] as const) {
  test(`an adopted Service and ${plane} keep every field, and are the very same after the end`, async (t) => {
    const { world, before } = await takenOver(t, plane);
    const isSerins = (key: string): boolean =>
      ['selector', 'backendRefs', 'route'].includes(key) || key.startsWith('serin.dev/');
    const kept = (): void => {
      for (const was of before) {
        const now = world.read(refOf(was));
        assert.ok(now);
        assert.deepEqual(without(essence(now), isSerins), without(essence(was), isSerins), was.kind);
      }
    };
    kept();
    push(world, 'podinfo:6.1.0');
    await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
    kept();
    await world.clock.until(ended(world, 1), 120_000);
    assert.equal(world.canary().history[0]?.outcome, 'Promoted');
    kept();
    world.remove(canaryRef());
    await world.clock.until(() => world.read(canaryRef()) === undefined, 60_000);
    for (const was of before) assert.deepEqual(essence(world.read(refOf(was)) ?? was), essence(was), was.kind);
  });
}

test('the sides of an adopted Service have its ports, and nothing that only one Service can have', async (t) => {
  const { world } = await takenOver(t, 'HTTPRoute');
  for (const side of ['primary', 'canary']) {
    const service = world.read({ apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: `podinfo-${side}` });
    assert.deepEqual(
      listAt(service, 'spec', 'ports').map((port) => [at(port, 'name'), at(port, 'port'), at(port, 'nodePort')]),
      [
        ['http', 80, undefined],
        ['metrics', 9797, undefined],
      ],
    );
    assert.equal(at(service, 'spec', 'type') ?? 'ClusterIP', 'ClusterIP');
    assert.equal(at(service, 'spec', 'healthCheckNodePort'), undefined);
  }
});

test('what Git changes on adopted objects meanwhile stays changed after the end', async (t) => {
  const { world, before } = await takenOver(t, 'HTTPRoute');
  const route = world.read(refOf(ROUTE));
  assert.ok(route);
  world.replace(
    withSpec(
      { ...route, metadata: { ...route.metadata, labels: { ...route.metadata.labels, team: 'new' } } },
      { hostnames: ['new.example.com'] },
    ),
  );
  await world.clock.advance(2_000);
  world.remove(canaryRef());
  await world.clock.until(() => world.read(canaryRef()) === undefined, 60_000);
  const after = world.read(refOf(ROUTE));
  assert.deepEqual([at(after, 'spec', 'hostnames'), after?.metadata.labels?.['team']], [['new.example.com'], 'new']);
  assert.deepEqual(
    at(after, 'spec', 'rules'),
    at(
      before.find(({ kind }) => kind === 'HTTPRoute'),
      'spec',
      'rules',
    ),
  );
});
