import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeRequest } from '#src/kube/transport.ts';
import { at } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { ApiError } from '#src/sandbox/api/status.ts';
import { deployment, user, workloadWorld } from './workload-world.ts';

type Fields = Readonly<Record<string, unknown>>;

const budget = (spec: Fields, name = 'app'): KubeObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name, namespace: 'shop' },
  spec: { selector: { matchLabels: { app: 'app' } }, ...spec },
});

const running = async (spec: Fields, replicas = 4) => {
  const world = workloadWorld();
  world.backend.write(deployment({ spec: { replicas } }), user);
  world.backend.write(budget(spec), user);
  await world.clock.advance(1000);
  const counts = (): readonly unknown[] => {
    const found = world.backend.read({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      namespace: 'shop',
      name: 'app',
    });
    return ['expectedPods', 'desiredHealthy', 'currentHealthy', 'disruptionsAllowed'].map((field) =>
      at(found, 'status', field),
    );
  };
  const evict = (name: string): string => {
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'shop' } };
    const path = `/api/v1/namespaces/shop/pods/${name}/eviction`;
    const request: KubeRequest = { method: 'POST', path, contentType: 'application/json', body };
    try {
      return String(world.backend.handle(request, { user: 'drain' }).status);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return `${error.status.code} ${error.status.message}`;
    }
  };
  const name = (index: number): string => world.pods()[index]?.metadata.name ?? '';
  return { ...world, counts, evict, name };
};

test('a budget counts the pods that it selects, and how many of them may go', async () => {
  assert.deepEqual((await running({ minAvailable: 3 })).counts(), [4, 3, 4, 1]);
  assert.deepEqual((await running({ minAvailable: '50%' })).counts(), [4, 2, 4, 2]);
  assert.deepEqual((await running({ maxUnavailable: 1 })).counts(), [4, 3, 4, 1]);
  assert.deepEqual((await running({ maxUnavailable: '30%' }, 3)).counts(), [3, 2, 3, 1]);
});

test('an eviction that the budget allows deletes the pod, the next one waits for its successor', async () => {
  const world = await running({ minAvailable: 3 });
  assert.equal(world.evict(world.name(0)), '201');
  assert.equal(world.evict(world.name(0)), "429 Cannot evict pod as it would violate the pod's disruption budget.");
  await world.clock.advance(5000);
  assert.equal(world.evict(world.name(0)), '201');
});

test('two budgets over one pod make every eviction fail', async () => {
  const world = await running({ minAvailable: 1 });
  world.backend.write(budget({ minAvailable: 1 }, 'other'), user);
  assert.equal(
    world.evict(world.name(0)),
    '500 This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
  );
});
