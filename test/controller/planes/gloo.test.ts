import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AskGloo } from '#src/sandbox/gateway/gloo/translate.ts';
import { takenOverOn } from '#test/harness/plane-release.ts';
import { anUpstream, GLOO } from '#test/harness/planes.ts';
import { ended, push } from '#test/harness/release.ts';
import { verified } from '#test/planes/verified.ts';
import { isThere, liveOn } from './lives.ts';

const ROUTE_TABLE = { apiVersion: 'gateway.solo.io/v1', kind: 'RouteTable', name: 'podinfo' };
const upstream = (name: string) => ({ apiVersion: 'gloo.solo.io/v1', kind: 'Upstream', name });
const SIDES = ['shop-podinfo-primaryupstream-80', 'shop-podinfo-canaryupstream-80'];

test('a whole life behind a VirtualService that delegates', async (t) => {
  const world = await liveOn(t, GLOO, {
    whileServing: (serving) => {
      assert.equal(isThere(serving, ROUTE_TABLE), true);
      for (const name of SIDES) assert.equal(isThere(serving, upstream(name)), true, name);
    },
  });
  assert.equal(isThere(world, ROUTE_TABLE), false);
  for (const name of SIDES) assert.equal(isThere(world, upstream(name)), false, name);
  assert.equal(isThere(world, upstream('podinfo')), true, "the team's own");
});

test('a RouteTable that Gloo rejects holds the run with its words, and it goes on when Gloo takes it', async (t) => {
  let rejection: string | undefined;
  const gloo: AskGloo = ({ kind }) => (kind === 'RouteTable' ? rejection : undefined);
  const world = await takenOverOn(t, GLOO, { rps: 10, controlPlanes: { gloo } });
  const mark = world.load.snapshot();
  rejection = 'no such plugin';
  push(world, 'podinfo:6.1.0');
  await world.clock.until(() => world.canary().run?.held !== undefined, 60_000);
  assert.match(
    world.canary().run?.held ?? '',
    /^The route is not accepted: RouteTable shop\/podinfo: Rejected: .*no such plugin/s,
  );
  await world.clock.advance(20_000);
  assert.deepEqual(Object.keys(world.load.since(mark).versions), ['6.0.0']);
  rejection = undefined;
  // Gloo looks at everything again when anything has changed.
  const touched = { ...anUpstream(), metadata: { ...anUpstream().metadata, labels: { touched: 'yes' } } };
  world.cluster.api.write(touched, { manager: 'kubectl' });
  await world.clock.until(ended(world, 1), 180_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
  assert.equal(world.load.since(mark).failures, 0);
  verified({ plane: 'gloo', feature: 'acceptance by status', way: 'sandbox' });
});
