import type { CanarySpecInput } from '#src/api/canary.ts';
import { canaryRef, type World } from './a-world.ts';
import { answered, ask } from './ask.ts';
import { aGitCanary, bump } from './git-release.ts';
import type { Plane } from './planes.ts';
import { ended } from './release.ts';

/** What happens to a Canary, as the team and its users make it happen. It waits for the world, never for a controller. */
export type Story = {
  readonly name: string;
  /** Whether podinfo is taken over before it begins. */
  readonly begins: 'serving' | 'taken over';
  /** @default an adopted route */
  readonly plane?: Plane;
  readonly tell: (world: World) => Promise<void>;
};

const LIMIT = 240_000;
const outcome = (world: World, word: string) => (): boolean => world.canary().history[0]?.outcome === word;
const atWeight = (world: World, weight: number) => (): boolean => world.canary().canaryWeight === weight;

const goodRelease = async (world: World): Promise<void> => {
  bump(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 1), LIMIT);
};

const badRelease = async (world: World): Promise<void> => {
  bump(world, 'podinfo:6.9.0-bad');
  await world.clock.until(ended(world, 1), LIMIT);
};

export const STORIES: readonly Story[] = [
  {
    name: 'a take-over',
    begins: 'serving',
    tell: async (world) => {
      world.apply(aGitCanary());
      await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
    },
  },
  { name: 'a good release', begins: 'taken over', tell: goodRelease },
  { name: 'a bad release', begins: 'taken over', tell: badRelease },
  {
    name: 'a push in the middle of a run',
    begins: 'taken over',
    tell: async (world) => {
      bump(world, 'podinfo:6.1.0');
      await world.clock.until(atWeight(world, 10), LIMIT);
      bump(world, 'podinfo:6.2.0');
      await world.clock.until(outcome(world, 'Promoted'), LIMIT);
      await world.clock.until(ended(world, 2), LIMIT);
    },
  },
  {
    name: 'a push right after a bad release',
    begins: 'taken over',
    tell: async (world) => {
      // A revert would be in Git before the push, or be superseded by it, as chance has it.
      world.apply(aGitCanary({ git: undefined }));
      bump(world, 'podinfo:6.9.0-bad');
      await world.clock.until(outcome(world, 'RolledBack'), LIMIT);
      bump(world, 'podinfo:6.2.0');
      await world.clock.until(outcome(world, 'Promoted'), LIMIT);
      await world.clock.until(ended(world, 2), LIMIT);
    },
  },
  {
    name: 'a deletion in the middle of a run',
    begins: 'taken over',
    tell: async (world) => {
      bump(world, 'podinfo:6.1.0');
      await world.clock.until(atWeight(world, 10), LIMIT);
      world.remove(canaryRef());
      await world.clock.until(() => world.read(canaryRef()) === undefined, LIMIT);
    },
  },
  {
    name: 'an abort by a person',
    begins: 'taken over',
    tell: async (world) => {
      bump(world, 'podinfo:6.1.0');
      await world.clock.until(atWeight(world, 10), LIMIT);
      const name = ask(world, 'abort', { reason: 'wrong settings' });
      await world.clock.until(ended(world, 1), LIMIT);
      await world.clock.until(answered(world, name), LIMIT);
    },
  },
  {
    name: 'a run that people take from step to step',
    begins: 'taken over',
    tell: async (world) => {
      bump(world, 'podinfo:6.1.0');
      await world.clock.until(atWeight(world, 10), LIMIT);
      const names = [ask(world, 'pause')];
      await world.clock.until(() => world.canary().run?.paused !== undefined, LIMIT);
      names.push(ask(world, 'promote'));
      await world.clock.until(atWeight(world, 50), LIMIT);
      names.push(ask(world, 'promoteFull'));
      await world.clock.until(ended(world, 1), LIMIT);
      for (const name of names) await world.clock.until(answered(world, name), LIMIT);
    },
  },
];

const MORE_PLANES = [
  'a route of its own',
  'an Ingress',
  'a VirtualService in the mesh',
  'an adopted VirtualService',
  'App Mesh',
  'Gloo Edge',
] as const satisfies readonly Plane[];

const MIRRORING: Plane = 'an adopted VirtualService';
const judged = {
  interval: '5s',
  threshold: 2,
  metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }],
};
/** Every hook that a good answer takes further. */
const HOOKS = (
  [
    'confirm-rollout',
    'pre-rollout',
    'rollout',
    'confirm-traffic-increase',
    'confirm-promotion',
    'post-rollout',
    'event',
  ] as const
).map((type) => ({ name: type, type, url: `http://hooks.example.com/${type}` }));
const STRATEGIES: readonly (readonly [string, CanarySpecInput['analysis'], Plane?])[] = [
  ['adaptive weights', { ...judged, maxWeight: 4 }],
  ['steps on the way back', { ...judged, stepWeights: [50], stepWeightPromotion: 25 }],
  ['blue/green with a mirror', { ...judged, iterations: 2, mirror: true }, MIRRORING],
  ['a mirror and a weight', { ...judged, stepWeights: [50], mirror: true }, MIRRORING],
  ['weights, gates and hooks', { ...judged, stepWeights: [10, 50], webhooks: HOOKS }],
  ['session affinity', { ...judged, stepWeights: [10, 50], sessionAffinity: { cookieName: 'side' } }, MIRRORING],
];

const byStrategy = ([name, analysis, plane]: (typeof STRATEGIES)[number]): readonly Story[] =>
  [
    { image: 'a good release', tell: goodRelease },
    { image: 'a bad release', tell: badRelease },
  ].map(({ image, tell }) => ({
    name: `${image} by ${name}`,
    begins: 'taken over',
    ...(plane === undefined ? {} : { plane }),
    tell: async (world) => {
      world.apply(aGitCanary({ analysis }, plane));
      await tell(world);
    },
  }));

/** More of them, for `npm run test:deep`. */
export const MORE_STORIES: readonly Story[] = [
  ...MORE_PLANES.flatMap((plane): readonly Story[] => [
    { name: `a good release through ${plane}`, begins: 'taken over', plane, tell: goodRelease },
    { name: `a bad release through ${plane}`, begins: 'taken over', plane, tell: badRelease },
  ]),
  ...STRATEGIES.flatMap(byStrategy),
];
