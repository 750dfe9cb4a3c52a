import assert from 'node:assert/strict';
import { parseCanary } from '#src/api/parse.ts';
import { providerOf } from '#src/api/provider.ts';
import type { ObjectRef } from '#src/lib/kube-object.ts';
import { canaryRef, type World } from '#test/harness/a-world.ts';
import { aCanary } from '#test/harness/manifests.ts';
import { servingOn } from '#test/harness/plane-release.ts';
import type { PlaneSetup } from '#test/harness/planes.ts';
import { deployment, ended, type Owner, push } from '#test/harness/release.ts';
import { verified } from '#test/planes/verified.ts';

const LIMIT = 120_000;

/**
 * Failed requests that a version of which every second answer is an error may cost at 50 requests a second: 10 % of them
 * go there, for two windows of 5 s and the 5 s that a weight takes to settle and a window to be asked about; a third more,
 * as the planes divide by chance.
 */
const BUDGET = 50 * 0.1 * 0.5 * 15 * 1.33;

const outcomes = (world: World) => world.canary().history.map(({ outcome }) => outcome);

/** True when an object of the plane is there. */
export const isThere = (world: World, ref: Omit<ObjectRef, 'namespace'>): boolean =>
  world.read({ ...ref, namespace: 'shop' }) !== undefined;

/**
 * A whole life: taken over while it serves, a bad release taken back, a good one promoted, and everything given back. No
 * request of a good version is lost. `whileServing` is called when Serin has taken over.
 */
export const liveOn = async (
  owner: Owner,
  setup: PlaneSetup,
  { whileServing = () => {} }: { readonly whileServing?: (world: World) => void } = {},
): Promise<World> => {
  const world = await servingOn(owner, setup);
  const born = world.load.snapshot();
  world.startController();
  world.apply(aCanary(setup.spec));
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
  await world.clock.advance(5_000);
  assert.equal(world.load.since(born).failures, 0, 'the take-over loses no request');
  whileServing(world);

  const before = world.load.snapshot();
  push(world, 'podinfo:6.9.0-bad');
  await world.clock.until(ended(world, 1), LIMIT);
  assert.equal(world.canary().history[0]?.cause, 'ThresholdReached');
  const bad = world.load.since(before);
  assert.equal(bad.failures, bad.versions['6.9.0-bad']?.failures, 'only the bad version has failed');
  assert.ok(bad.failures > 0 && bad.failures <= BUDGET, `${bad.failures} failed requests, want at most ${BUDGET}`);

  await world.clock.advance(5_000);
  const calm = world.load.snapshot();
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().canaryWeight === 50, LIMIT);
  const half = world.load.snapshot();
  await world.clock.advance(5_000);
  const { requests, versions } = world.load.since(half);
  const share = (versions['6.1.0']?.requests ?? 0) / requests;
  assert.ok(share > 0.38 && share < 0.62, `the split is by chance, near 50 %: ${share}`);
  await world.clock.until(ended(world, 2), LIMIT);
  assert.deepEqual(outcomes(world), ['Promoted', 'RolledBack']);
  await world.clock.advance(5_000);
  const last = world.load.snapshot();
  assert.equal(world.load.since(calm).failures, 0, 'a good release loses no request');
  await world.clock.advance(2_000);
  assert.deepEqual(Object.keys(world.load.since(last).versions), ['6.1.0']);

  const released = world.load.snapshot();
  world.remove(canaryRef());
  await world.clock.until(() => world.read(canaryRef()) === undefined, LIMIT);
  await world.clock.advance(5_000);
  assert.equal(world.load.since(released).failures, 0, 'no request is lost while everything is given back');
  assert.equal(deployment(world, 'podinfo-primary'), undefined);
  const canary = parseCanary(aCanary(setup.spec));
  const plane = canary.ok ? providerOf(canary.spec) : undefined;
  assert.ok(plane);
  for (const feature of ['weights', 'good and bad release', 'built-in metrics', 'given back'] as const) {
    verified({ plane, feature, way: 'sandbox' });
  }
  return world;
};
