import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Transport } from '#src/kube/transport.ts';
import { aCanary } from '#test/harness/manifests.ts';
import { serving } from '#test/harness/release.ts';

const WEBHOOK = 'admission webhook "policy.example.com" denied the request: images need a digest';

// A policy of the cluster that refuses what Serin writes was told to the log of the controller alone.
test('a write that admission refuses is told on the Canary, and no longer once it is let through', async (t) => {
  let denies = true;
  const world = await serving(t);
  const denying = (transport: Transport): Transport => ({
    ...transport,
    request: async (request) =>
      denies && request.method === 'PATCH' && request.path.endsWith('/deployments/podinfo-primary')
        ? { status: 403, headers: {}, body: { kind: 'Status', reason: 'Forbidden', message: WEBHOOK } }
        : transport.request(request),
  });
  world.startController({ through: denying });
  world.apply(aCanary());
  await world.clock.advance(5_000);
  const stalled = () => world.canary().conditions.find(({ type }) => type === 'Stalled');
  assert.equal(stalled()?.reason, 'AccessDenied');
  assert.equal(
    stalled()?.message,
    `Cannot patch Deployment shop/podinfo-primary: the API server answered 403 Forbidden: ${WEBHOOK}`,
  );
  assert.deepEqual(
    world.events().filter((event) => event.startsWith('AccessDenied')),
    [`AccessDenied: ${stalled()?.message}`],
  );
  denies = false;
  await world.clock.until(() => world.canary().phase === 'Initialized', 120_000);
  assert.equal(stalled()?.status, 'False');
});
