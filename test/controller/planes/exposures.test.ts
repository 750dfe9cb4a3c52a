import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanarySpecInput } from '#src/api/canary.ts';
import { aCanary } from '#test/harness/manifests.ts';
import { servingOn, takenOverOn } from '#test/harness/plane-release.ts';
import { PLANES, type Plane } from '#test/harness/planes.ts';
import { deployment, ended, push } from '#test/harness/release.ts';

const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }];
const analysed = (analysis: Partial<CanarySpecInput['analysis']>): CanarySpecInput['analysis'] => ({
  interval: '5s',
  threshold: 1,
  iterations: 2,
  metrics,
  ...analysis,
});

/** Of every five requests one by its header, one by its cookie; the others are anybody's. */
const requestOf = (host: string) => (n: number) => ({
  method: 'GET',
  host,
  path: '/',
  headers:
    [{ 'x-canary': 'insider' }, { cookie: 'a=b;canary=always' }, { cookie: 'xcanary=always' }, {}, {}][n % 5] ?? {},
});

const match = [
  { headers: { 'x-canary': { exact: 'insider' } } },
  { headers: { cookie: { regex: '^(.*?;)?(canary=always)(;.*)?$' } } },
];

const matching: readonly Plane[] = [
  'an adopted route',
  "a route of its own behind Istio's Gateway",
  'an Ingress',
  'an adopted VirtualService',
  'App Mesh',
  'Gloo Edge',
];
for (const plane of matching) {
  test(`A/B by header and by cookie leads those to the canary and nobody else: ${plane}`, async (t) => {
    const { host, spec, objects } = PLANES[plane];
    const world = await takenOverOn(
      t,
      { host, objects, spec: { ...spec, analysis: analysed({ match }) } },
      { request: requestOf(host) },
    );
    const mark = world.load.snapshot();
    push(world, 'podinfo:6.1.0');
    await world.clock.until(() => world.canary().iterations === 1, 120_000);
    const begun = world.load.snapshot();
    await world.clock.advance(2000);
    const { versions } = world.load.since(begun);
    assert.deepEqual([versions['6.1.0']?.requests, versions['6.0.0']?.requests], [40, 60]);
    await world.clock.until(ended(world, 1), 120_000);
    assert.equal(world.canary().history[0]?.outcome, 'Promoted');
    assert.equal(world.load.since(mark).failures, 0);
  });
}

for (const plane of ["a route of its own behind Istio's Gateway", 'Gloo Edge'] as const) {
  test(`blue/green with a mirror rejects a bad version before a user has met it: ${plane}`, async (t) => {
    const setup = PLANES[plane];
    const world = await takenOverOn(t, { ...setup, spec: { ...setup.spec, analysis: analysed({ mirror: true }) } });
    const mark = world.load.snapshot();
    push(world, 'podinfo:6.9.0-bad');
    await world.clock.until(ended(world, 1), 120_000);
    const [run] = world.canary().history;
    assert.deepEqual([run?.outcome, run?.cause], ['RolledBack', 'ThresholdReached']);
    assert.deepEqual(Object.keys(world.load.since(mark).versions), ['6.0.0']);
    assert.equal(world.load.since(mark).failures, 0);
  });
}

const unable: readonly {
  readonly plane: Plane;
  readonly analysis: Partial<CanarySpecInput['analysis']>;
  readonly told: RegExp;
}[] = [
  {
    plane: 'an adopted route',
    analysis: { mirror: true },
    told: /spec\.analysis\.mirror.*cannot mirror requests; want weights, or another data plane/,
  },
  {
    plane: 'an Ingress',
    analysis: { match: [{ queryParams: { canary: { exact: '1' } } }] },
    told: /spec\.analysis\.match.*cannot match requests by query parameters; want a match of headers or cookies/,
  },
];
for (const { plane, analysis, told } of unable) {
  const name = `${plane}, ${Object.keys(analysis).join(' and ')}`;
  test(`what the route cannot take is told before anything is taken over: ${name}`, async (t) => {
    const setup = PLANES[plane];
    const world = await servingOn(t, setup);
    world.startController();
    world.apply(aCanary({ ...setup.spec, analysis: analysed(analysis) }));
    await world.clock.advance(10_000);
    const { phase, conditions } = world.canary();
    const stalled = conditions.find(({ type }) => type === 'Stalled');
    assert.deepEqual([stalled?.status, stalled?.reason], ['True', 'InvalidSpec']);
    assert.match(stalled?.message ?? '', told);
    assert.notEqual(phase, 'Initialized');
    assert.equal(deployment(world, 'podinfo-primary'), undefined);
  });
}
