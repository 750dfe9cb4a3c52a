import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOST } from '#test/harness/manifests.ts';
import { takenOverOn } from '#test/harness/plane-release.ts';
import { PLANES } from '#test/harness/planes.ts';
import { ended, push } from '#test/harness/release.ts';

const match = [{ headers: { 'x-canary': { exact: 'insider' } } }];
/** Every fifth request is an insider's. */
const insiders = (n: number) => ({
  method: 'GET',
  host: HOST,
  path: '/',
  headers: n % 5 === 0 ? { 'x-canary': 'insider' } : {},
});
const analysis = {
  interval: '5s',
  threshold: 1,
  iterations: 3,
  match,
  metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }],
};

// On a plane that says nothing of what it has taken, a route counted as settled since its weight was last changed. That
// of an A/B run stays 0: the second one was judged by the windows of the first, and promoted within a second.
for (const name of ['an Ingress', 'an adopted route'] as const) {
  test(`behind ${name} an A/B run is judged by windows of its own`, async (t) => {
    const setup = PLANES[name];
    const world = await takenOverOn(t, { ...setup, spec: { ...setup.spec, analysis } }, { request: insiders });
    push(world, 'podinfo:6.1.0');
    await world.clock.until(() => world.canary().run?.stage === 'shifting', 60_000);
    const begun = Date.parse(world.canary().run?.weight.since ?? '');
    await world.clock.until(() => (world.canary().run?.checks ?? []).length > 0, 60_000);
    const [check] = world.canary().run?.checks ?? [];
    assert.ok(Date.parse(check?.at ?? '') >= begun + 5_000, `a window of 5 s that ended ${check?.at}`);
    await world.clock.until(ended(world, 1), 120_000);

    push(world, 'podinfo:6.9.0-bad');
    await world.clock.until(ended(world, 2), 120_000);
    const [bad, good] = world.canary().history;
    assert.deepEqual([bad?.outcome, good?.outcome], ['RolledBack', 'Promoted'], bad?.sentence);
  });
}
