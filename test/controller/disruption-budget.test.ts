import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, recordAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { ApiError } from '#src/sandbox/api/status.ts';
import { canaryRef, type World } from '#test/harness/a-world.ts';
import { aCanary, aDeployment, adopting, aRoute } from '#test/harness/manifests.ts';
import { deployment, type Owner, serving } from '#test/harness/release.ts';

const LIMIT = 120_000;

const budget = (spec: Readonly<Record<string, unknown>>, name = 'podinfo'): KubeObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name, namespace: 'shop', labels: { team: 'web' } },
  spec: { selector: { matchLabels: { app: 'podinfo' } }, ...spec },
});

const budgetIn = (world: World, name: string): KubeObject | undefined =>
  world.read({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', namespace: 'shop', name });

/** What the eviction API says of each of the primary's pods, tried one after the other at once. */
const evictPrimary = (world: World): readonly number[] => {
  const isPrimarys = ({ metadata: { labels = {} } }: KubeObject): boolean =>
    labels['serin.dev/role'] === 'primary' || labels['app'] === 'podinfo-primary';
  const pods = world.cluster.api.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: 'shop' }).filter(isPrimarys);
  return pods.map(({ metadata: { name } }) => {
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'shop' } };
    const path = `/api/v1/namespaces/shop/pods/${name}/eviction`;
    try {
      const request = { method: 'POST', path, contentType: 'application/json', body } as const;
      return world.cluster.api.handle(request, { user: 'drain' }).status;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return error.status.code;
    }
  });
};

const takenOver = async (owner: Owner, prepare: (world: World) => void): Promise<World> => {
  const world = await serving(owner, { rps: 5 });
  world.apply(aRoute());
  prepare(world);
  await world.clock.advance(1000);
  world.startController();
  world.apply(aCanary(adopting()));
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
  // The target's pods go.
  await world.clock.advance(5000);
  return world;
};

/** A primary in Flagger's shape, which lacks the label by which the application's budget selects. */
const withFlaggersPrimary = (world: World): void =>
  world.apply(aDeployment('podinfo:6.0.0', { name: 'podinfo-primary', replicas: 2 }));

test("the application's budget selects the primary's pods, so that it gets none of its own", async (t) => {
  const world = await takenOver(t, (before) => before.apply(budget({ minAvailable: 1 })));
  assert.equal(budgetIn(world, 'podinfo-primary'), undefined);
  assert.deepEqual(evictPrimary(world), [201, 429]);
  await world.clock.advance(5000);
  // Why not: a second budget over the same pods, and no node can be drained any more.
  world.apply(budget({ minAvailable: 1, selector: { matchLabels: { 'serin.dev/role': 'primary' } } }, 'mine'));
  await world.clock.advance(1000);
  assert.deepEqual(evictPrimary(world), [500, 500]);
});

test('a primary that escapes the budget of the target has one like it, in step with it, until the end', async (t) => {
  const world = await takenOver(t, (before) => {
    withFlaggersPrimary(before);
    before.apply(budget({ minAvailable: 1 }));
  });
  assert.deepEqual(recordAt(deployment(world, 'podinfo-primary'), 'spec')['selector'], {
    matchLabels: { app: 'podinfo-primary' },
  });
  const made = budgetIn(world, 'podinfo-primary');
  assert.deepEqual(made?.['spec'], { minAvailable: 1, selector: { matchLabels: { app: 'podinfo-primary' } } });
  assert.equal(made?.metadata.labels?.['team'], 'web');
  assert.deepEqual(evictPrimary(world), [201, 429]);
  await world.clock.advance(5000);

  world.apply(budget({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' }));
  world.replace(budget({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' }));
  await world.clock.advance(1000);
  assert.deepEqual(budgetIn(world, 'podinfo-primary')?.['spec'], {
    maxUnavailable: 1,
    unhealthyPodEvictionPolicy: 'AlwaysAllow',
    selector: { matchLabels: { app: 'podinfo-primary' } },
  });
  // Somebody protects it himself: two would be one too many.
  world.apply(budget({ minAvailable: 1, selector: { matchLabels: { app: 'podinfo-primary' } } }, 'mine'));
  await world.clock.advance(1000);
  assert.equal(budgetIn(world, 'podinfo-primary'), undefined);
  world.remove({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', namespace: 'shop', name: 'mine' });
  await world.clock.advance(1000);
  assert.equal(at(budgetIn(world, 'podinfo-primary'), 'spec', 'maxUnavailable'), 1);

  world.remove(canaryRef());
  await world.clock.until(() => world.read(canaryRef()) === undefined, LIMIT);
  assert.equal(budgetIn(world, 'podinfo-primary'), undefined);
  assert.ok(budgetIn(world, 'podinfo'));
});
