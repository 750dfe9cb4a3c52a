import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CanarySpecInput } from '#src/api/canary.ts';
import type { Verb } from '#src/api/words.ts';
import { decide } from '#src/rollout/decide.ts';
import { isClosed } from '#src/rollout/exposing.ts';
import { SPEC } from '../rollout/an-observed.ts';
import type { Event } from '../rollout/story.ts';
import { World } from '../rollout/world.ts';

// Short lives of one Canary: whatever happens to it in whichever order, what DESIGN §7 forbids never is, and when it is
// left alone it comes to rest with one outcome for every run.

const deep = process.env['SERIN_DEEP'] !== undefined;
const LIVES = deep ? 10_000 : 250;

const { stepWeights: _, ...ANALYSIS } = SPEC.analysis;
const MATCH = [{ headers: { 'x-canary': { exact: 'insider' } } }];

/** Every strategy; a built-in metric can judge each of them. */
const ANALYSES: readonly CanarySpecInput['analysis'][] = [
  { ...ANALYSIS, stepWeights: [5, 25, 50] },
  { ...ANALYSIS, stepWeights: [10, 80], threshold: 1 },
  { ...ANALYSIS, stepWeight: 40, maxWeight: 60, stepWeightPromotion: 30 },
  { ...ANALYSIS, maxWeight: 4 },
  { ...ANALYSIS, iterations: 2, mirror: true },
  { ...ANALYSIS, iterations: 3, match: MATCH },
  { ...ANALYSIS, stepWeights: [20], mirror: true, mirrorWeight: 50 },
  { ...ANALYSIS, stepWeights: [20, 40], sessionAffinity: { cookieName: 'side' } },
];

/** All that is known beside the world: whether it is there any more. */
type Model = { deleted: boolean };
type Step = fc.Command<Model, World>;

/** An event, and how long nothing else happens after it. */
class Happens implements Step {
  readonly #event: Event | undefined;
  readonly #ms: number;

  constructor(event: Event | undefined, ms: number) {
    this.#event = event;
    this.#ms = ms;
  }

  check({ deleted }: Readonly<Model>): boolean {
    return !deleted;
  }

  run(model: Model, world: World): void {
    if (this.#event?.type === 'delete') model.deleted = true;
    if (this.#event !== undefined) world.happen(this.#event);
    world.pass(this.#ms);
    assert.deepEqual(world.violations, []);
    counted.events++;
  }

  toString(): string {
    return `${JSON.stringify(this.#event ?? 'nothing')} and ${this.#ms} ms`;
  }
}

const counted = { lives: 0, events: 0, runs: 0, decisions: 0, outcomes: new Map<string, number>() };

const ms = fc.constantFrom(0, 50, 700, 3_000, 6_000, 12_000, 40_000);
const happens = (event: fc.Arbitrary<Event | undefined>): fc.Arbitrary<Step> =>
  fc.tuple(event, ms).map(([one, pause]) => new Happens(one, pause));
const edit = fc.constantFrom(...ANALYSES).map((analysis): Event => ({ type: 'edit', analysis }));
const verb = fc.constantFrom<Verb>('abort', 'promote', 'promoteFull', 'pause', 'resume', 'retry', 'unquarantine');
const set = (spec: Partial<CanarySpecInput>): Event => ({ type: 'edit', spec });

const steps = (size: number) =>
  fc.commands<Model, World>(
    [
      happens(fc.constantFrom('v2', 'v3', 'v4').map((revision): Event => ({ type: 'push', revision }))),
      happens(fc.constant<Event>({ type: 'push', revision: 'v1' })),
      happens(edit),
      happens(fc.constantFrom<Event>({ type: 'evict' }, { type: 'evictPrimary' })),
      happens(fc.constant<Event>({ type: 'restart' })),
      happens(fc.boolean().map((up): Event => ({ type: 'prometheus', up }))),
      happens(fc.boolean().map((suspend) => set({ suspend }))),
      happens(fc.boolean().map((skipAnalysis) => set({ skipAnalysis }))),
      happens(verb.map((asked): Event => ({ type: 'act', verb: asked }))),
      happens(fc.constantFrom<Event>({ type: 'drift', weight: 100 }, { type: 'drift', weight: 0 }, { type: 'touch' })),
      happens(fc.constant<Event>({ type: 'scale', replicas: 3 })),
      happens(fc.constant(undefined)),
    ],
    { size: 'max', maxCommands: size },
  );

const verdict = fc.constantFrom('pass' as const, 'pass' as const, 'pass' as const, 'fail' as const, 'noData' as const);
const verdicts = fc.array(verdict, { maxLength: 10 });

const life = fc.record({
  analysis: fc.constantFrom(...ANALYSES),
  verdicts: fc.record({ v2: verdicts, v3: verdicts, v4: verdicts }),
  broken: fc.constantFrom({}, {}, {}, { v2: 'both' as const }, { v3: 'primary' as const }),
  keepsCapacity: fc.boolean(),
  lag: fc.constantFrom(0, 0, 300, 1_500),
  crashes: fc.uniqueArray(fc.integer({ min: 1, max: 150 }), { maxLength: 4 }),
});

/** Everything that keeps a life from coming to rest is put right. */
const calm = (world: World): void => {
  world.happen({ type: 'prometheus', up: true });
  world.happen(set({ suspend: false }));
  world.pass(100);
  world.happen({ type: 'act', verb: 'resume' });
};

const assertRest = (world: World): void => {
  assert.ok(world.settle(5_000), 'the world comes to rest');
  assert.deepEqual(world.violations, []);
  const observed = world.observe();
  const last = decide(observed, world.now);
  assert.deepEqual([...last.before, ...last.after], [], 'nothing is left to do');
  assert.equal(last.status, world.status, 'the status stands still');
  const { outcomes, starts, primary, side, target } = world.state;
  assert.deepEqual(outcomes.map(({ run }) => run).sort(), [...starts].sort(), 'each run has one outcome');
  if (world.state.gone) return;
  assert.ok(isClosed(observed.route), 'nothing is exposed');
  assert.equal(side, undefined);
  assert.equal(target.replicas, 0);
  assert.equal(primary?.revision, world.status.stable?.revision);
};

test(`what must never be never is, in ${LIVES} short lives, and each comes to rest`, (t) => {
  fc.assert(
    fc.property(life, steps(14), ({ analysis, ...story }, commands) => {
      const world = new World({ ...story, spec: { ...SPEC, analysis } });
      world.pass(30_000);
      fc.modelRun(() => ({ model: { deleted: false }, real: world }), commands);
      calm(world);
      assertRest(world);
      counted.lives++;
      counted.runs += world.state.starts.length;
      counted.decisions += world.decisions.length;
      for (const { outcome } of world.state.outcomes) {
        counted.outcomes.set(outcome, (counted.outcomes.get(outcome) ?? 0) + 1);
      }
    }),
    { numRuns: LIVES },
  );
  const { lives, events, runs, decisions, outcomes } = counted;
  const each = [...outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
  t.diagnostic(`${lives} lives, ${events} events, ${decisions} decisions, ${runs} runs: ${each}`);
  for (const outcome of ['Promoted', 'FastPromoted', 'RolledBack', 'Superseded', 'Withdrawn', 'Aborted']) {
    assert.ok((outcomes.get(outcome) ?? 0) > 0, `some run was ${outcome}`);
  }
});
