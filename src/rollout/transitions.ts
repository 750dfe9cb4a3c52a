import type { CanaryStatus, RunStatus } from '../api/canary-status.ts';
import type { Phase, Strategy } from '../api/words.ts';

type Stage = RunStatus['stage'];

/** One place where a Canary can be. */
export type Place = {
  /** Values of `status.phase` there. */
  readonly phases: readonly Phase[];
  /** Values of `status.run.stage` there; none where there is no run. */
  readonly stages: readonly Stage[];
  /** What is so, and what is done. */
  readonly means: string;
};

/** Every place, in the order of a good release. */
export const PLACES = {
  initializing: {
    phases: ['Initializing'],
    stages: [],
    means:
      'The take-over, once: the primary is made and ready, the apex Service leads to it, the route is accepted, the target is at 0. Nothing is judged.',
  },
  resting: {
    phases: ['Initialized', 'Succeeded', 'Failed'],
    stages: [],
    means:
      'No run. The primary serves all traffic and is kept as it should be; the phase tells the last verdict. What was rejected stays so while Git asks for it.',
  },
  waiting: {
    phases: ['Waiting'],
    stages: ['scaling'],
    means: 'A run has begun and waits at a gate `confirm-rollout`: the canary has no pods yet.',
  },
  scaling: {
    phases: ['Progressing'],
    stages: ['scaling'],
    means:
      'The template is stored and the canary comes up, large enough for its first step. It gets no request. Hooks `pre-rollout` are called when it is ready.',
  },
  shifting: {
    phases: ['Progressing'],
    stages: ['shifting'],
    means:
      'The canary has its share: a weight, a copy of the requests, or those that match. Window after window is judged; a step that has passed leads to the next one, within this place.',
  },
  waitingPromotion: {
    phases: ['WaitingPromotion'],
    stages: ['scaling', 'shifting'],
    means: 'Everything is judged, and the run waits at a gate `confirm-promotion`. It is judged all the same.',
  },
  promoting: {
    phases: ['Promoting'],
    stages: ['promoting'],
    means:
      'The primary gets what was judged. Where it loses pods meanwhile, the canary takes all traffic first. When it cannot run it, it goes back to its last good revision.',
  },
  returning: {
    phases: ['Finalising'],
    stages: ['returning'],
    means: 'The primary runs the new revision and takes the traffic back, all at once or by `stepWeightPromotion`.',
  },
  ending: {
    phases: ['Progressing', 'Initialized', 'Succeeded', 'Failed'],
    stages: ['ending'],
    means:
      'The outcome stands and cannot change. The canary has no traffic any more; it is drained, the record is written, its pods go.',
  },
  terminating: {
    phases: ['Terminating'],
    stages: [],
    means: 'The Canary is being deleted: the target serves again, then apex, route and the rest are given back.',
  },
} as const satisfies Record<string, Place>;
export type PlaceName = keyof typeof PLACES;

/** Why a Canary goes from one place to another. */
export type Transition = {
  readonly from: PlaceName;
  readonly to: PlaceName;
  /** What causes it, each as a part of a sentence. */
  readonly because: readonly string[];
  /** Strategies of a run by which it can come; all where absent. */
  readonly strategies?: readonly Strategy[];
};

const GONE = ['another revision is pushed', 'the stable one is pushed again'];
const STOPPED = ['a person aborts', 'a rollback hook asks for it'];
const BEGINS = 'a revision is to be run: it is new in Git, or was rejected and is retried';
const DRAINED = 'the canary has drained, the record is written';

/** Where a Canary can be while it is not being deleted. */
export const ALIVE = [
  'initializing',
  'resting',
  'waiting',
  'scaling',
  'shifting',
  'waitingPromotion',
  'promoting',
  'returning',
  'ending',
] as const satisfies readonly PlaceName[];

/** Every way from one place to another; what `decide` does is held against it in the property tests. */
export const TRANSITIONS: readonly Transition[] = [
  { from: 'initializing', to: 'resting', because: ['the target runs nothing any more'] },
  { from: 'resting', to: 'waiting', because: ['a revision is to be run, and there is a gate confirm-rollout'] },
  { from: 'resting', to: 'scaling', because: [BEGINS] },
  { from: 'waiting', to: 'scaling', because: ['the gate is opened, by its hook or a person'] },
  { from: 'waiting', to: 'ending', because: ['the gate is rejected, or waited at for too long', ...STOPPED, ...GONE] },
  { from: 'scaling', to: 'shifting', because: ['the canary is ready, and the hooks before it have passed'] },
  { from: 'scaling', to: 'promoting', because: ['it is ready and not to be judged: skipAnalysis, or promote --full'] },
  {
    from: 'scaling',
    to: 'waitingPromotion',
    because: ['a person promotes it unjudged, and there is a gate confirm-promotion'],
  },
  {
    from: 'scaling',
    to: 'ending',
    because: ['the canary is not ready before the deadline', 'a hook before it fails', ...STOPPED, ...GONE],
  },
  {
    from: 'shifting',
    to: 'scaling',
    because: ['the canary loses all its ready pods', 'the spec asks for another strategy'],
  },
  {
    from: 'shifting',
    to: 'waitingPromotion',
    because: ['every step has passed, and there is a gate confirm-promotion'],
  },
  { from: 'shifting', to: 'promoting', because: ['every step has passed', 'skipAnalysis, or promote --full'] },
  {
    from: 'shifting',
    to: 'ending',
    because: [
      'too many windows fail',
      'the canary loses its pods too often',
      'the route is not accepted',
      'a gate is rejected',
      ...STOPPED,
      ...GONE,
    ],
  },
  { from: 'waitingPromotion', to: 'promoting', because: ['the gate is opened'] },
  {
    from: 'waitingPromotion',
    to: 'shifting',
    because: ['evidence is missing: back to the first weight', 'the spec has a further step now'],
    strategies: ['canary'],
  },
  { from: 'waitingPromotion', to: 'scaling', because: ['the canary loses all its ready pods'] },
  {
    from: 'waitingPromotion',
    to: 'ending',
    because: ['the gate is rejected, or waited at for too long', 'too many windows fail', ...STOPPED, ...GONE],
  },
  { from: 'promoting', to: 'returning', because: ['the primary runs what was judged, and is ready'] },
  {
    from: 'promoting',
    to: 'ending',
    because: ['the primary could not run it, and is back at its last good revision', 'a person has aborted, likewise'],
  },
  { from: 'returning', to: 'ending', because: ['all traffic is back at the primary'] },
  { from: 'ending', to: 'resting', because: [DRAINED] },
  { from: 'ending', to: 'waiting', because: [`${DRAINED}, and the next revision is there with a gate before it`] },
  { from: 'ending', to: 'scaling', because: [`${DRAINED}, and the next revision is there`] },
  {
    from: 'ending',
    to: 'shifting',
    because: [`${DRAINED}, and the same revision is retried while its pods are there`],
  },
  {
    from: 'ending',
    to: 'promoting',
    because: [`${DRAINED}, and the same revision is retried unjudged while its pods are there`],
  },
  ...ALIVE.map((from): Transition => ({ from, to: 'terminating', because: ['the Canary is deleted'] })),
];

const NAMES = Object.keys(PLACES).filter((name): name is PlaceName => name in PLACES);

/** Where a Canary with this status is; undefined for a phase and a stage that never come together. */
export const placeOf = ({ phase = 'Initializing', run }: Pick<CanaryStatus, 'phase' | 'run'>): PlaceName | undefined =>
  NAMES.find((name) => {
    const { phases, stages }: Place = PLACES[name];
    return phases.includes(phase) && (run === undefined ? stages.length === 0 : stages.includes(run.stage));
  });

/** The transition from one place to another in a run of this strategy; undefined where there is none. */
export const transitionBetween = (
  from: PlaceName,
  { to, strategy }: { readonly to: PlaceName; readonly strategy?: Strategy | undefined },
): Transition | undefined =>
  TRANSITIONS.find(
    (known) =>
      known.from === from &&
      known.to === to &&
      (strategy === undefined || known.strategies === undefined || known.strategies.includes(strategy)),
  );
