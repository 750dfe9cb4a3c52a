import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canaryRef, type World } from '#test/harness/a-world.ts';
import { lacking } from '#test/harness/lacking.ts';
import { aCanary, adopting, aRoute } from '#test/harness/manifests.ts';
import { ended, type Owner, push, serving } from '#test/harness/release.ts';

// What lowers exposure is written before the status: refused, it was told to the log of the controller alone.

const WORDS = /^Cannot patch HTTPRoute shop\/podinfo: RBAC does not grant "patch" on "httproutes"/;

/** A run of this image whose route Serin may no longer write. */
const withoutRoute = async (owner: Owner, image: string) => {
  let missing = false;
  const world = await serving(owner);
  world.apply(aRoute());
  world.startController({
    through: lacking(({ verb, resource }) => missing && `${verb} ${resource}` === 'patch httproutes'),
  });
  world.apply(aCanary(adopting()));
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  push(world, image);
  await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
  missing = true;
  const grant = (): void => {
    missing = false;
  };
  return { world, grant };
};

const stalled = (world: World) => world.canary().conditions.find(({ type }) => type === 'Stalled');
const told = (world: World): number => world.events().filter((event) => event.startsWith('AccessDenied: ')).length;

test('a rollback that is refused is told on the Canary, once, and done when it may be', async (t) => {
  const { world, grant } = await withoutRoute(t, 'podinfo:6.9.0-bad');
  await world.clock.until(() => stalled(world)?.status === 'True', 60_000);
  assert.equal(stalled(world)?.reason, 'AccessDenied');
  assert.match(stalled(world)?.message ?? '', WORDS);
  await world.clock.advance(120_000);
  assert.equal(told(world), 1);
  assert.equal(world.canary().canaryWeight, 10);
  grant();
  await world.clock.until(ended(world, 1), 60_000);
  assert.equal(world.canary().history[0]?.outcome, 'RolledBack');
  await world.clock.advance(10_000);
  assert.doesNotMatch(stalled(world)?.message ?? '', WORDS);
});

test('a deletion in the middle of a run that is refused is told on the Canary while it waits', async (t) => {
  const { world, grant } = await withoutRoute(t, 'podinfo:6.1.0');
  world.remove(canaryRef());
  await world.clock.until(() => stalled(world)?.status === 'True', 10_000);
  assert.match(stalled(world)?.message ?? '', WORDS);
  await world.clock.advance(60_000);
  assert.equal(told(world), 1);
  grant();
  await world.clock.until(() => world.read(canaryRef()) === undefined, 60_000);
});
