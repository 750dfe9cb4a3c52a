import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Affinity, Cookie } from '#src/rollout/exposure.ts';
import { setCookie } from '#src/traffic/set-cookie.ts';
import type { Traffic } from './router-case.ts';
import type { RouterStage } from './router-stage.ts';
import { aRequest, type SampleRequest } from './sample-request.ts';

const canary: Cookie = { name: 'side', value: '0a1b2c3d4e' };
const primary = (weight: number): Cookie => ({ name: 'side-primary', value: `0a1b2c3d4e-${weight}` });
const attributes = { maxAge: 86_400, path: '/' };

const AFFINITIES: readonly Affinity[] = [
  { canary, primary: primary(5), attributes: { maxAge: 60 } },
  { canary, primary: primary(10), redraw: { cookie: primary(5), canaryWeight: 50 }, attributes },
  {
    canary,
    primary: primary(25),
    redraw: { cookie: primary(12.5), canaryWeight: 14.29 },
    attributes: {
      ...attributes,
      domain: 'example.com',
      httpOnly: true,
      secure: true,
      sameSite: 'None',
      partitioned: true,
    },
  },
  // Another run of another Canary, with cookies of other names.
  {
    canary: { name: "a!#$&'*+.^_|~b", value: 'ffffffffff' },
    primary: { name: 'p', value: 'ffffffffff-25' },
    redraw: { cookie: { name: 'p', value: 'ffffffffff-10' }, canaryWeight: 0.01 },
    attributes: { ...attributes, sameSite: 'Lax' },
  },
];

/** Intents of both sides keeping their clients; none where the plane cannot. */
export const affinitiesOf = (stage: RouterStage): readonly Affinity[] =>
  stage.situation.router.capabilities(stage.start(), stage.situation.ref).affinity ? AFFINITIES : [];

const cookiesOf = (...cookies: readonly Cookie[]): SampleRequest =>
  aRequest({
    headers: { cookie: ['theme=dark', ...cookies.map(({ name, value }) => `${name}=${value}`), 'x=1'].join('; ') },
  });

/** Requests of clients that hold cookies of a run, some of them several, and of clients with cookies of another run. */
export const holdersOf = (affinity: Affinity | undefined): readonly SampleRequest[] => {
  if (affinity === undefined) return [];
  const { canary: side, primary: other, redraw } = affinity;
  const older = { ...side, value: '9999999999' };
  return [
    cookiesOf(side),
    cookiesOf(other),
    cookiesOf(other, side),
    cookiesOf(older),
    cookiesOf({ ...side, name: `x${side.name}` }),
    ...(redraw === undefined ? [] : [cookiesOf(redraw.cookie), cookiesOf(redraw.cookie, side)]),
    { ...cookiesOf(side), method: 'POST' },
  ];
};

const holds = (request: SampleRequest, { name, value }: Cookie): boolean =>
  (request.headers['cookie'] ?? '').split('; ').includes(`${name}=${value}`);

/** Percent of ours that the canary gets of a request by its cookies; undefined when it holds none of the run. */
export const keptPercent = (request: SampleRequest, affinity: Affinity | undefined): number | undefined => {
  if (affinity === undefined) return undefined;
  if (holds(request, affinity.canary)) return 100;
  if (holds(request, affinity.primary)) return 0;
  const { redraw } = affinity;
  return redraw !== undefined && holds(request, redraw.cookie) ? redraw.canaryWeight : undefined;
};

/** Every answer of a side brings its client the cookie of that side, and without affinity none does. */
export const expectCookies = ({ sets }: Traffic, affinity: Affinity | undefined): void => {
  const wanted = (side: 'primary' | 'canary'): string | undefined =>
    affinity && setCookie(affinity[side], affinity.attributes);
  assert.deepEqual([sets?.primary, sets?.canary], [wanted('primary'), wanted('canary')]);
};

/** The rules for `TrafficIntent.affinity`, where a plane has it. */
export const affinityContract = (stage: RouterStage): void => {
  const affinities = affinitiesOf(stage);
  const { pins = [], router, ref } = stage.situation;
  const refuses = (wanted: Parameters<RouterStage['plan']>[1], words: RegExp): void =>
    assert.throws(
      () => stage.plan(stage.start(), wanted),
      (error) => error instanceof RangeError && words.test(error.message),
    );

  if (affinities.length === 0) {
    test('refuses to keep clients', () => {
      for (const affinity of AFFINITIES) {
        refuses(
          { weight: 10, affinity },
          /^Cannot write the route: \S.* cannot set a cookie on the answers of each side; want/,
        );
      }
    });
    return;
  }

  test('keeps both sides their clients, and draws those of the step before again', () => {
    const world = stage.start();
    for (const weight of [5, 10, 25, 50, 100]) {
      for (const affinity of affinities) {
        stage.set(world, { weight, affinity, stamp: 's' });
        stage.expect(world, { weight, affinity, stamp: 's' });
      }
    }
    stage.verified('session affinity');
  });

  test('lets everybody go in one step', () => {
    for (const affinity of affinities) {
      const world = stage.start();
      stage.set(world, { weight: 50, affinity, stamp: 'on' });
      const { patches } = stage.plan(world, { weight: 0, stamp: 'off' });
      assert.equal(patches.length, 1);
      world.write(patches);
      stage.expect(world, { weight: 0, stamp: 'off', requests: holdersOf(affinity) });
      assert.equal(JSON.stringify(world.all()).toLowerCase().includes('set-cookie'), false);
    }
  });

  test('takes pins and affinity for one another in one write each', () => {
    const [affinity] = affinities;
    const world = stage.start();
    for (const { pinned } of pins.slice(0, 2)) {
      stage.set(world, { weight: 0, pinned });
      stage.set(world, { weight: 10, affinity });
      stage.expect(world, { weight: 10, affinity });
      stage.set(world, { weight: 0, pinned });
      stage.expect(world, { weight: 0, pinned });
    }
  });

  test('refuses affinity without a weight, beside pins or a mirror, and by cookies of nobody', () => {
    const [affinity] = affinities;
    assert.ok(affinity);
    refuses({ weight: 0, affinity }, /keeps nobody on a canary without a weight; want 1 % or more$/);
    const [sample] = pins;
    if (sample)
      refuses({ weight: 5, affinity, pinned: sample.pinned }, /beside what is pinned or mirrored; want one of them$/);
    for (const cookie of [
      { name: 'side', value: 'canary' },
      { name: 'a b', value: '0a1b2c3d4e' },
      { name: 'a', value: '0a1b2c3d4e; Secure' },
    ]) {
      refuses({ weight: 5, affinity: { ...affinity, canary: cookie } }, /is no cookie of a run; want a name of/);
    }
    assert.deepEqual(router.plan(stage.start(), ref, stage.intentOf({ weight: 5, affinity })).warnings, []);
  });
};
