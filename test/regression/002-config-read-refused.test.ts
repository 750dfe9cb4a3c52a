import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Transport } from '#src/kube/transport.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { aWorld } from '#test/harness/a-world.ts';
import { aCanary, aConfigMap, aDeployment, aService } from '#test/harness/manifests.ts';

const withSettings = (object: KubeObject): KubeObject => {
  const text = JSON.stringify(object).replace(
    '"name":"app",',
    '"name":"app","envFrom":[{"configMapRef":{"name":"settings"}}],',
  );
  return JSON.parse(text);
};

/** Refuses the first `times` reads of the ConfigMap, as an API server does whose RBAC is being put right. */
const refusing =
  (times: number) =>
  (transport: Transport): Transport => {
    let left = times;
    return {
      ...transport,
      request: async (request) => {
        const isRead = request.method === 'GET' && request.path.endsWith('/configmaps/settings');
        if (!isRead || left-- <= 0) return transport.request(request);
        return { status: 403, headers: {}, body: { kind: 'Status', reason: 'Forbidden', message: 'not yet' } };
      },
    };
  };

// A config whose content could not be read was never asked for again: the Canary slept until something else changed.
test('a config that cannot be read is asked for again until it can', async (t) => {
  const world = aWorld();
  t.after(world.stop);
  world.apply(aService());
  world.apply(aConfigMap('settings', { color: 'blue' }));
  world.apply(withSettings(aDeployment('podinfo:6.0.0', { replicas: 2 })));
  await world.clock.advance(1000);
  world.startController({ through: refusing(3) });
  world.apply(aCanary());
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  assert.match(world.canary().stable?.revision ?? '', /^[0-9a-z]+-[0-9a-f]{6}$/, 'the content is part of the revision');
});
