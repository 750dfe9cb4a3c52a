import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAt, numberAt, recordAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject, ObjectRef } from '#src/lib/kube-object.ts';
import type { World } from '#test/harness/a-world.ts';
import { aCanary, aDeployment, adopting, aRoute, aService } from '#test/harness/manifests.ts';
import { deployment, ended, type Owner, push, serving } from '#test/harness/release.ts';

// Somebody else writes what Serin holds, again and again: it is told with who, how often and what ends it; Serin does
// not write in a circle, and a rollback waits for nobody.

const ROUTE: ObjectRef = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  namespace: 'shop',
  name: 'podinfo',
};

const fought = async (owner: Owner): Promise<World> => {
  const world = await serving(owner, { rps: 20 });
  world.apply(aRoute());
  world.startController();
  world.apply(aCanary(adopting()));
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  return world;
};

const stalled = (world: World) => {
  const found = world.canary().conditions.find(({ type }) => type === 'Stalled');
  return found?.status === 'True' ? `${found.reason}: ${found.message}` : undefined;
};
const writes = (world: World, resource: string): number =>
  world.cluster.api.audit.count({ user: 'serin', verb: 'patch', resource });
/** Does `act` every `everyMs`, for so long. */
const every = async (world: World, everyMs: number, forMs: number, act: () => void): Promise<void> => {
  for (let passed = 0; passed < forMs; passed += everyMs) {
    act();
    await world.clock.advance(everyMs);
  }
};

type Fight = { readonly act: (world: World) => void; readonly resource: string; readonly says: string };

/** The primary with an image that somebody likes better. */
const edited = (world: World): KubeObject => {
  const primary = deployment(world, 'podinfo-primary');
  assert.ok(primary);
  return JSON.parse(JSON.stringify(primary).replace(/"image":"[^"]*"/, '"image":"podinfo:6.2.0"'));
};

const FIGHTS: Readonly<Record<string, Fight>> = {
  'the route': {
    act: (world) => world.apply(aRoute()),
    resource: 'httproutes.gateway.networking.k8s.io',
    says: 'RouteDrift: kubectl and Serin write /spec/rules of HTTPRoute podinfo by turns: it was put back at least 10 times, from now on less often. To end this, keep kubectl from writing /spec/rules of HTTPRoute podinfo',
  },
  'the apex': {
    act: (world) => world.apply(aService()),
    resource: 'services',
    says: 'RouteDrift: kubectl and Serin write /spec/selector of Service podinfo by turns: it was put back at least 10 times, from now on less often. To end this, keep kubectl from writing /spec/selector of Service podinfo',
  },
  'the size of the target': {
    act: (world) => world.apply(aDeployment('podinfo:6.0.0', { replicas: 3 })),
    resource: 'deployments.apps',
    says: 'WorkloadDrift: kubectl and Serin write /spec/replicas of Deployment podinfo by turns: it was put back at least 10 times, from now on less often. To end this, leave spec.replicas out of the manifest',
  },
  'the template of the primary': {
    act: (world) => world.replace(edited(world)),
    resource: 'deployments.apps',
    says: 'WorkloadDrift: kubectl and Serin write /spec/template of Deployment podinfo-primary by turns: it was put back at least 10 times, from now on less often. To end this, keep kubectl from writing /spec/template of Deployment podinfo-primary',
  },
  'a Service of a side, which is deleted': {
    act: (world) => world.remove({ apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'podinfo-canary' }),
    resource: 'services',
    says: 'RouteDrift: Somebody and Serin write /spec/selector of Service podinfo-canary by turns: it was put back at least 10 times, from now on less often. To end this, find what changes /spec/selector of Service podinfo-canary: another writer, or a webhook',
  },
};

for (const [what, { act, resource, says }] of Object.entries(FIGHTS)) {
  test(`a fight over ${what} is told, and fought less often`, async (t) => {
    const world = await fought(t);
    world.cluster.api.audit.reset();
    await every(world, 1_000, 9_000, () => act(world));
    assert.equal(stalled(world), undefined, 'ten times in a minute are a fight, nine are not');
    await every(world, 1_000, 60_000, () => act(world));
    const written = writes(world, resource);
    assert.ok(written >= 15 && written <= 26, `${written} writes in 69 s`);
    assert.equal(stalled(world)?.replace('at least 20 times', 'at least 10 times'), says);
    const told = world.events().filter((event) => event.includes(' by turns: '));
    assert.ok(told.length >= 1 && told.length <= 2, told.join('\n'));
    // It ends as soon as the other side does.
    await world.clock.advance(7_000);
    assert.equal(numberAt(deployment(world, 'podinfo'), 'spec', 'replicas'), 0);
    assert.deepEqual(recordAt(world.read({ ...ROUTE, apiVersion: 'v1', kind: 'Service' }), 'spec', 'selector'), {
      app: 'podinfo',
      'serin.dev/role': 'primary',
    });
    await world.clock.until(() => stalled(world) === undefined, 70_000);
    const quiet = writes(world, resource);
    await world.clock.advance(120_000);
    assert.equal(writes(world, resource), quiet);
    push(world, 'podinfo:6.1.0');
    await world.clock.until(ended(world, 1), 120_000);
    assert.equal(world.canary().history[0]?.outcome, 'Promoted');
  });
}

test('who answers each write at once does not make Serin write in a circle', async (t) => {
  const world = await fought(t);
  const manifest = aRoute();
  let answers = 0;
  world.cluster.api.subscribe(({ type, object }) => {
    if (type === 'DELETED' || object.kind !== 'HTTPRoute') return;
    if (stringAt(object, 'spec', 'rules', 0, 'backendRefs', 0, 'name') === 'podinfo') return;
    answers++;
    world.clock.after(20, () => world.apply(manifest));
  });
  world.cluster.api.audit.reset();
  world.apply(manifest);
  await world.clock.advance(60_000);
  const written = writes(world, 'httproutes.gateway.networking.k8s.io');
  assert.ok(written <= 24 && answers >= 10, `${written} writes, ${answers} answers`);
  assert.match(stalled(world) ?? '', /^RouteDrift: kubectl and Serin write/);
});

test('who gives the canary more than it should have is put right every second, and the end of the run waits for nobody', async (t) => {
  const world = await fought(t);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  const backends = [
    { name: 'podinfo-primary', port: 80, weight: 10 },
    { name: 'podinfo-canary', port: 80, weight: 90 },
  ];
  const raise = (): void => {
    const route = world.read(ROUTE);
    assert.ok(route);
    const [rule] = listAt(route, 'spec', 'rules');
    world.replace({
      ...route,
      spec: { ...recordAt(route, 'spec'), rules: [{ ...Object(rule), backendRefs: backends }] },
    });
  };
  const lowered: number[] = [];
  world.cluster.api.subscribe(({ object }) => {
    if (object.kind !== 'HTTPRoute') return;
    const weight = numberAt(object, 'spec', 'rules', 0, 'backendRefs', 1, 'weight') ?? 0;
    if (weight === 0 && world.canary().run !== undefined) lowered.push(world.clock.monotonic());
  });
  world.cluster.api.audit.reset();
  await every(world, 200, 30_000, raise);
  const written = writes(world, 'httproutes.gateway.networking.k8s.io');
  assert.ok(written >= 25 && written <= 45, `${written} writes in 30 s`);
  assert.match(stalled(world) ?? '', /^RouteDrift: kubectl and Serin write/);
  assert.deepEqual(lowered, []);

  push(world, 'podinfo:6.0.0');
  const pushed = world.clock.monotonic();
  await every(world, 200, 10_000, raise);
  assert.equal(world.canary().history[0]?.outcome, 'Withdrawn');
  assert.ok((lowered[0] ?? Number.POSITIVE_INFINITY) - pushed < 1_000, `${lowered[0]} after ${pushed}`);
  await world.clock.until(ended(world, 1), 60_000);
  assert.equal(numberAt(world.read(ROUTE), 'spec', 'rules', 0, 'backendRefs', 1, 'weight') ?? 0, 0);
});

test('a run that cannot be judged because of a fight over its weight is taken back in time', async (t) => {
  const world = await serving(t, { rps: 5 });
  world.apply(aRoute());
  world.startController();
  world.apply(aCanary({ ...adopting(), progressDeadlineSeconds: 30 }));
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  await every(world, 500, 40_000, () => world.apply(aRoute()));
  const [run] = world.canary().history;
  assert.deepEqual([run?.outcome, run?.cause], ['RolledBack', 'RouteNotObserved']);
  assert.match(
    run?.sentence ?? '',
    /: the route was not left in peace within 30 s: kubectl and Serin write \/spec\/rules/,
  );
  await world.clock.until(ended(world, 1), 60_000);
});
