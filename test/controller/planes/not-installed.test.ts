import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answering, notServed } from '#src/sandbox/faults/answering.ts';
import { aCanary } from '#test/harness/manifests.ts';
import { servingOn } from '#test/harness/plane-release.ts';
import { APP_MESH, GLOO, ISTIO_MESH } from '#test/harness/planes.ts';

// A plane's kinds are nobody's business until a Canary is on it; then what is missing is said, and it is over as soon as
// they are there, without a restart.

const PLANES = [
  { setup: ISTIO_MESH, group: 'networking.istio.io', kind: 'virtualservices', version: 'v1' },
  { setup: APP_MESH, group: 'appmesh.k8s.aws', kind: 'virtualservices', version: 'v1beta2' },
  { setup: GLOO, group: 'gateway.solo.io', kind: 'routetables', version: 'v1' },
  { setup: GLOO, group: 'gloo.solo.io', kind: 'upstreams', version: 'v1' },
] as const;

for (const { setup, group, kind, version } of PLANES) {
  test(`without ${group} a Canary says which kind is missing, and goes on when it is there`, async (t) => {
    let missing = true;
    const world = await servingOn(t, setup, { rps: 10 });
    const process = world.startController({
      through: (transport) => answering(transport, (request) => (missing ? notServed(request, group) : undefined)),
    });
    await world.clock.advance(5_000);
    assert.deepEqual(process.controller.readiness(), { missing: [], problems: [] }, 'nobody needs it yet');
    const stalled = () => world.canary().conditions.find(({ type }) => type === 'Stalled');
    world.apply(aCanary(setup.spec));
    await world.clock.until(() => stalled()?.status === 'True', 30_000);
    assert.equal(stalled()?.reason, 'ClusterNotReady');
    const words = `${kind}.${group}: The cluster does not serve ${kind}.${group} in version ${version}; want: `;
    assert.equal(stalled()?.message.slice(0, words.length), words);
    missing = false;
    await world.clock.until(() => world.canary().phase === 'Initialized', 120_000);
  });
}
