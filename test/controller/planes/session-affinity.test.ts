import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanarySpecInput } from '#src/api/canary.ts';
import type { World } from '#test/harness/a-world.ts';
import { Clients } from '#test/harness/clients.ts';
import { takenOverOn } from '#test/harness/plane-release.ts';
import { PLANES, type Plane, type PlaneSetup } from '#test/harness/planes.ts';
import { ended, type Owner, push } from '#test/harness/release.ts';
import { type Plane as VerifiedPlane, verified } from '#test/planes/verified.ts';

const COUNT = 1000;
const WEIGHTS = [5, 10, 25, 50];

const analysis: CanarySpecInput['analysis'] = {
  interval: '10s',
  threshold: 1,
  stepWeights: WEIGHTS,
  sessionAffinity: { cookieName: 'side' },
  metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }],
};

const started = async (owner: Owner, setup: PlaneSetup): Promise<{ world: World; clients: Clients }> => {
  const world = await takenOverOn(owner, { ...setup, spec: { ...setup.spec, analysis } });
  return { world, clients: new Clients(world, { host: setup.host, count: COUNT }) };
};

/** The run at this weight, with requests that follow it. */
const reached = async (world: World, weight: number): Promise<void> => {
  await world.clock.until(() => world.canary().canaryWeight === weight, 120_000);
  await world.clock.advance(500);
};

/** Four standard deviations of a share of so many clients. */
const expectShare = (found: number, weight: number): void => {
  const share = weight / 100;
  const error = 4 * Math.sqrt((share * (1 - share)) / COUNT);
  assert.ok(
    Math.abs(found - share) <= error,
    `${found} of the clients at ${weight} %: want within ${error.toFixed(3)}`,
  );
};

const changes = (versions: readonly string[]): readonly string[] =>
  versions.flatMap((version, index) => {
    const before = versions[index - 1];
    return before === undefined || before === version ? [] : [`${before} -> ${version}`];
  });

const ABLE = {
  'an adopted route': 'gatewayapi',
  "a route of its own behind Istio's Gateway": 'gatewayapi',
  'a VirtualService in the mesh': 'istio',
  'Gloo Edge': 'gloo',
} as const satisfies Partial<Record<Plane, VerifiedPlane>>;

for (const plane of [
  'an adopted route',
  "a route of its own behind Istio's Gateway",
  'a VirtualService in the mesh',
  'Gloo Edge',
] as const) {
  test(`1,000 clients that come back stay on their side, or change once to the canary: ${plane}`, async (t) => {
    const { world, clients } = await started(t, PLANES[plane]);
    await clients.visit();
    push(world, 'podinfo:6.1.0');
    for (const weight of WEIGHTS) {
      await reached(world, weight);
      await clients.visit();
      expectShare(clients.share('6.1.0'), weight);
      const before = clients.all.map(({ versions }) => versions.at(-1));
      await clients.visit();
      assert.deepEqual(
        clients.all.map(({ versions }) => versions.at(-1)),
        before,
        `at ${weight} % everybody stays`,
      );
    }
    for (const { versions } of clients.all) {
      const moved = changes(versions);
      assert.ok(moved.length === 0 || (moved.length === 1 && moved[0] === '6.0.0 -> 6.1.0'), versions.join(' '));
    }
    await world.clock.until(ended(world, 1), 120_000);
    assert.equal(world.canary().history[0]?.outcome, 'Promoted');
    await world.clock.advance(500);
    await clients.visit();
    assert.equal(clients.share('6.1.0'), 1);
    verified({ plane: ABLE[plane], feature: 'session affinity', way: 'sandbox' });
  });
}

for (const plane of ['a route of its own', 'an adopted VirtualService'] as const) {
  test(`a rollback takes every client back at once: ${plane}`, async (t) => {
    const { world, clients } = await started(t, PLANES[plane]);
    push(world, 'podinfo:6.9.0-bad');
    await reached(world, 5);
    await clients.visit();
    assert.ok(clients.share('6.9.0-bad') > 0);
    await world.clock.until(() => world.canary().canaryWeight === 0, 120_000);
    await world.clock.advance(200);
    await clients.visit();
    assert.equal(clients.share('6.0.0'), 1);
  });
}

for (const plane of ['an Ingress', 'App Mesh'] as const) {
  test(`a plane that cannot keep clients is refused with the reason: ${plane}`, async (t) => {
    const setup = PLANES[plane];
    const refused = takenOverOn(t, { ...setup, spec: { ...setup.spec, analysis } });
    await assert.rejects(refused, /sessionAffinity needs a route that sets a cookie on the answers of each side/);
  });
}
