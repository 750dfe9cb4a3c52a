import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberAt, recordAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject, ObjectRef } from '#src/lib/kube-object.ts';
import { answering, notServed } from '#src/sandbox/faults/answering.ts';
import { type Right, rbac } from '#src/sandbox/faults/rbac.ts';
import { aWorld, canaryRef, type World } from '#test/harness/a-world.ts';
import { diagonal } from '#test/harness/diagonal.ts';
import {
  aCanary,
  aConfigMap,
  aDeployment,
  adopting,
  anIngress,
  aRoute,
  aService,
  behindIngress,
  HOST,
} from '#test/harness/manifests.ts';
import { deployment, ended, type Owner, push } from '#test/harness/release.ts';

// A Canary that is deleted gives back what was there, however it is deleted and whatever has gone before it; it never
// hangs for what Serin may not do, and users notice nothing of it.

const USER = 'system:serviceaccount:serin-system:serin';
const APEX = { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'podinfo' };
const ROUTE = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', namespace: 'shop', name: 'podinfo' };
const TARGET = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'podinfo' };
const KINDS = [
  'apps/v1 Deployment',
  'apps/v1 ControllerRevision',
  'v1 Service',
  'v1 ConfigMap',
  'v1 Secret',
  'gateway.networking.k8s.io/v1 HTTPRoute',
  'networking.k8s.io/v1 Ingress',
];

/** Everything in the namespace that is Serin's, or carries something of it. */
const left = (world: World): readonly string[] =>
  KINDS.map((kind) => kind.split(' '))
    .flatMap(([apiVersion = '', kind = '']) => world.cluster.api.list({ apiVersion, kind }, { namespace: 'shop' }))
    .filter(({ metadata: { labels = {}, annotations = {} } }) =>
      [...Object.keys(labels), ...Object.keys(annotations)].some((key) => key.startsWith('serin.dev/')),
    )
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
const isGone = (world: World) => () => world.read(canaryRef()) === undefined;
const users = (world: World): readonly [requests: number, failures: number] => {
  const { requests, failures } = world.load.snapshot();
  return [requests, failures];
};

const container = { envFrom: [{ configMapRef: { name: 'settings' } }] };
const podinfo = (image: string, replicas: number): KubeObject => aDeployment(image, { replicas, container });

type Options = {
  readonly lacks?: (right: Right) => boolean;
  readonly absent?: () => boolean;
  readonly canary?: KubeObject;
  readonly objects?: readonly KubeObject[];
};

/** podinfo with settings behind a route that lives in Git, taken over. */
const takenOver = async (owner: Owner, { lacks = () => false, absent = () => false, ...options }: Options = {}) => {
  const world = aWorld({ rps: 20, host: HOST });
  owner.after(world.stop);
  for (const object of [aService(), aConfigMap('settings', { a: 'b' }), podinfo('podinfo:6.0.0', 2)])
    world.apply(object);
  for (const object of options.objects ?? [aRoute()]) world.apply(object);
  await world.clock.advance(2_000);
  world.startController({
    through: (transport) =>
      answering(transport, (request) =>
        absent() ? notServed(request, 'gateway.networking.k8s.io') : rbac(request, { user: USER, lacks }),
      ),
  });
  world.apply(options.canary ?? aCanary(adopting()));
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  await world.clock.advance(5_000);
  return world;
};

/** What of an object its users see: nothing of who wrote it and when. */
const seen = (object: KubeObject | undefined): unknown => {
  const { labels = {}, annotations = {} } = object?.metadata ?? {};
  return { labels, annotations, spec: object?.['spec'] };
};

const TIMES = ['between runs', 'in the middle of a run'] as const;

for (const [propagation, when] of diagonal(['Background', 'Foreground', 'Orphan'] as const, TIMES)) {
  test(`deleted ${when} with propagation ${propagation}, it leaves what was there, and no request is lost`, async (t) => {
    const before = new Map<string, unknown>();
    const refs: readonly ObjectRef[] = [APEX, ROUTE, TARGET];
    const objects = [aRoute()];
    const world = aWorld({ rps: 20, host: HOST });
    t.after(world.stop);
    for (const object of [...objects, aService(), aConfigMap('settings', { a: 'b' }), podinfo('podinfo:6.0.0', 2)]) {
      world.apply(object);
    }
    await world.clock.advance(2_000);
    for (const ref of refs) before.set(ref.kind, seen(world.read(ref)));
    world.startController();
    world.apply(aCanary(adopting()));
    await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
    if (when === 'in the middle of a run') {
      world.apply(podinfo('podinfo:6.1.0', 0));
      await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
    }
    const mark = world.load.snapshot();
    world.cluster.api.remove(canaryRef(), { propagation });
    await world.clock.until(isGone(world), 60_000);
    await world.clock.advance(10_000);
    assert.equal(world.load.since(mark).failures, 0);
    assert.deepEqual(left(world), []);
    const image = stringAt(deployment(world, 'podinfo'), 'spec', 'template', 'spec', 'containers', 0, 'image');
    assert.equal(image, when === 'between runs' ? 'podinfo:6.0.0' : 'podinfo:6.1.0');
    for (const ref of refs) {
      const { spec, ...rest } = recordAt(seen(world.read(ref)));
      const { spec: was, ...others } = recordAt(before.get(ref.kind));
      const withoutImage = (value: unknown): unknown =>
        JSON.parse(JSON.stringify(value).replace(/podinfo:6\.\d\.0/, '#'));
      assert.deepEqual(withoutImage(spec), withoutImage(was), ref.kind);
      if (ref.kind !== 'Deployment') assert.deepEqual(rest, others, ref.kind);
    }
  });
}

const RIGHTS: Readonly<Record<string, Right>> = {
  'scale the target': { verb: 'patch', group: 'apps', resource: 'deployments' },
  'hand the apex back': { verb: 'patch', group: '', resource: 'services' },
  'give the route back': { verb: 'patch', group: 'gateway.networking.k8s.io', resource: 'httproutes' },
  'delete its workloads': { verb: 'delete', group: 'apps', resource: 'deployments' },
  'delete its Services': { verb: 'delete', group: '', resource: 'services' },
  'delete its records': { verb: 'delete', group: 'apps', resource: 'controllerrevisions' },
  'delete its copies': { verb: 'delete', group: '', resource: 'configmaps' },
  'write its status': { verb: 'update', group: 'serin.dev', resource: 'canaries/status' },
  'write its events': { verb: 'create', group: 'events.k8s.io', resource: 'events' },
};

for (const [[what, right], when] of diagonal(Object.entries(RIGHTS), TIMES)) {
  test(`deleted ${when} it does not hang when Serin may no longer ${what}`, async (t) => {
    let missing = false;
    const lacks = ({ verb, resource }: Right) => missing && verb === right.verb && resource === right.resource;
    const world = await takenOver(t, { lacks });
    if (when === 'in the middle of a run') {
      world.apply(podinfo('podinfo:6.1.0', 0));
      await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
    }
    missing = true;
    const [, failures] = users(world);
    world.remove(canaryRef());
    await world.clock.until(isGone(world), 200_000);
    await world.clock.advance(30_000);
    assert.equal(users(world)[1], failures, 'users notice nothing');
    const isTold = world.events().some((event) => event.startsWith('Held: Not everything was given back: Cannot '));
    const costsNothing = what === 'write its status' || what === 'write its events';
    assert.equal(isTold, !costsNothing, world.events().join('\n'));
    if (costsNothing) assert.deepEqual(left(world), []);
  });
}

test('a finalizer that may not be taken away is told, and goes when it may', async (t) => {
  let missing = false;
  const lacks = ({ verb, resource }: Right) => missing && verb === 'patch' && resource === 'canaries';
  const world = await takenOver(t, { lacks });
  missing = true;
  world.remove(canaryRef());
  await world.clock.advance(200_000);
  assert.deepEqual(left(world), [], 'everything else is given back');
  const stalled = world.canary().conditions.find(({ type }) => type === 'Stalled');
  assert.deepEqual([stalled?.status, stalled?.reason], ['True', 'AccessDenied']);
  assert.ok(!world.events().some((event) => event.includes('Not everything was given back')));
  missing = false;
  await world.clock.until(isGone(world), 60_000);
});

test('what may not be read holds the deletion for two minutes, then everything stays as it stands', async (t) => {
  let missing = false;
  const world = await takenOver(t, { lacks: ({ resource }) => missing && resource === 'httproutes' });
  missing = true;
  // RBAC is asked when a watch is opened, at the latest after ten minutes.
  await world.clock.advance(700_000);
  const [, failures] = users(world);
  world.remove(canaryRef());
  await world.clock.advance(110_000);
  assert.equal(world.canary().conditions.find(({ type }) => type === 'Stalled')?.reason, 'AccessDenied');
  await world.clock.until(isGone(world), 20_000);
  await world.clock.advance(30_000);
  assert.equal(users(world)[1], failures);
  assert.equal(numberAt(deployment(world, 'podinfo-primary'), 'status', 'readyReplicas'), 2);
  assert.match(
    world.events().find((event) => event.startsWith('Held')) ?? '',
    /^Held: Not everything was given back: httproutes\.gateway\.networking\.k8s\.io: RBAC does not grant.*What was not stays as it is and serves on; what is Serin's has the label serin\.dev\/canary-uid=/,
  );
});

test('a Canary that is deleted after its target leaves nothing of its own, and others’ objects as they were', async (t) => {
  const world = await takenOver(t);
  const route = aRoute();
  world.remove(TARGET);
  await world.clock.advance(5_000);
  world.remove(canaryRef());
  await world.clock.until(isGone(world), 10_000);
  await world.clock.advance(5_000);
  assert.deepEqual(left(world), []);
  assert.equal(stringAt(world.read(ROUTE), 'spec', 'rules', 0, 'backendRefs', 0, 'name'), 'podinfo');
  assert.deepEqual(recordAt(world.read(APEX), 'spec', 'selector'), { app: 'podinfo' });
  assert.ok(route);
});

test('a Canary with a route of its own that is deleted with its target leaves nothing', async (t) => {
  const world = await takenOver(t, { canary: aCanary(), objects: [] });
  world.remove(TARGET);
  world.remove(canaryRef());
  await world.clock.until(isGone(world), 10_000);
  assert.deepEqual(left(world), []);
  assert.equal(world.read(ROUTE), undefined);
});

test('a Canary is deleted with all that its team has applied, at once', async (t) => {
  const world = await takenOver(t);
  for (const ref of [TARGET, APEX, ROUTE, canaryRef(), { ...APEX, kind: 'ConfigMap', name: 'settings' }])
    world.remove(ref);
  await world.clock.until(isGone(world), 10_000);
  await world.clock.advance(5_000);
  assert.deepEqual(left(world), []);
});

test('a Canary whose Gateway is gone can be deleted', async (t) => {
  const world = await takenOver(t);
  world.remove({ ...ROUTE, kind: 'Gateway', namespace: 'gateways', name: 'edge' });
  world.remove(canaryRef());
  await world.clock.until(isGone(world), 60_000);
  assert.deepEqual(left(world), []);
  assert.equal(numberAt(deployment(world, 'podinfo'), 'status', 'readyReplicas'), 2);
});

test('a Canary whose kind of route is no longer served can be deleted', async (t) => {
  let missing = false;
  const world = await takenOver(t, { absent: () => missing });
  world.remove(ROUTE);
  missing = true;
  await world.clock.advance(700_000);
  world.remove(canaryRef());
  await world.clock.until(isGone(world), 60_000);
  assert.equal(numberAt(deployment(world, 'podinfo'), 'status', 'readyReplicas'), 2);
  assert.deepEqual(left(world), []);
});

test('behind an Ingress a deletion leaves what was there, and no request is lost', async (t) => {
  const ingress = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', namespace: 'shop', name: 'podinfo' };
  const world = await takenOver(t, { canary: aCanary(behindIngress()), objects: [anIngress()] });
  push(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 1), 120_000);
  const mark = world.load.snapshot();
  world.cluster.api.remove(canaryRef(), { propagation: 'Foreground' });
  await world.clock.until(isGone(world), 60_000);
  await world.clock.advance(10_000);
  assert.equal(world.load.since(mark).failures, 0);
  assert.deepEqual(left(world), []);
  assert.deepEqual(world.read(ingress)?.['spec'], anIngress()['spec']);
});
