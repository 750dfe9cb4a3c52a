import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberAt, stringAt } from '#src/lib/json.ts';
import { canaryRef } from '#test/harness/a-world.ts';
import { aCanary, aDeployment, aService } from '#test/harness/manifests.ts';
import { deployment, push, takenOver } from '#test/harness/release.ts';

const stalled = (world: Awaited<ReturnType<typeof takenOver>>): string =>
  world.canary().conditions.find(({ type, status }) => type === 'Stalled' && status === 'True')?.message ??
  'not stalled';

// Another name in targetRef was followed at once: a workload that served by itself was scaled to 0.
test('another target is refused after the take-over, and its pods go on serving', async (t) => {
  const world = await takenOver(t);
  world.apply(aService('other'));
  world.apply(aDeployment('podinfo:6.1.0', { name: 'other', replicas: 2 }));
  world.apply(aCanary({ targetRef: { name: 'other' } }));
  await world.clock.advance(30_000);
  assert.match(
    stalled(world),
    /^spec\.targetRef\.name: Found "other", but this Canary has taken over "podinfo": put that back/,
  );
  assert.equal(numberAt(deployment(world, 'other'), 'spec', 'replicas'), 2);
  assert.equal(numberAt(deployment(world, 'other'), 'status', 'readyReplicas'), 2);

  world.remove(canaryRef());
  await world.clock.until(() => world.read(canaryRef()) === undefined, 60_000);
  assert.equal(numberAt(deployment(world, 'podinfo'), 'status', 'readyReplicas'), 2);
  assert.equal(stringAt(world.read({ ...serviceRef, name: 'podinfo' }), 'spec', 'selector', 'app'), 'podinfo');
});

const serviceRef = { apiVersion: 'v1', kind: 'Service', namespace: 'shop' } as const;

// The old route kept its weight, so that the canary got traffic that nobody judged and that outlived its pods.
test('another data plane in the middle of a run is refused, and the run goes on when the old one is back', async (t) => {
  const world = await takenOver(t);
  const mark = world.load.snapshot();
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 50, 60_000);
  world.apply(
    aCanary({
      service: { port: 80, targetPort: 9898 },
      ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'podinfo' },
    }),
  );
  await world.clock.advance(5_000);
  assert.match(
    stalled(world),
    /^spec\.provider: Found "nginx", but this Canary has taken over "gatewayapi".*spec\.ingressRef: Found "podinfo", but this Canary has taken over none/,
  );
  world.apply(aCanary());
  await world.clock.until(() => world.canary().history[0]?.outcome === 'Promoted', 60_000);
  assert.equal(world.load.since(mark).failures, 0);
});
