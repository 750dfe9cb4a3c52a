import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanarySpecInput } from '#src/api/canary.ts';
import { STRATEGIES, type Strategy, type Verb } from '#src/api/words.ts';
import { ALIVE, PLACES, type PlaceName, placeOf, TRANSITIONS } from '#src/rollout/transitions.ts';
import { SPEC } from '../rollout/an-observed.ts';
import type { Story } from '../rollout/story.ts';
import { World } from '../rollout/world.ts';

// Every world of the property tests holds its steps against the table of transitions. Here stories are told, with each
// strategy, until every entry of the table has been seen: the table says neither too little nor too much.

const { stepWeights: _, ...ANALYSIS } = SPEC.analysis;
const BY: Readonly<Record<Strategy, CanarySpecInput['analysis']>> = {
  canary: { ...ANALYSIS, stepWeights: [10, 50] },
  blueGreen: { ...ANALYSIS, iterations: 2, mirror: true },
  abTest: { ...ANALYSIS, iterations: 2, match: [{ headers: { 'x-canary': { exact: 'on' } } }] },
};

const gate = (type: 'confirm-rollout' | 'confirm-promotion') => ({ name: type, type });
const SEEN = new Map<string, Set<Strategy>>();
const PHASES = new Map<PlaceName, Set<string>>();

/** A world on its way, whose steps are noted at its end. */
class Told {
  readonly world: World;
  readonly analysis: CanarySpecInput['analysis'];

  constructor(
    strategy: Strategy,
    story: Story & { readonly gates?: readonly ReturnType<typeof gate>[]; readonly rests?: false } = {},
  ) {
    this.analysis = { ...BY[strategy], webhooks: [...(story.gates ?? [])] };
    this.world = new World({ ...story, spec: { ...SPEC, ...story.spec, analysis: this.analysis } });
    if (story.rests === undefined) this.until('resting');
    else for (let turns = 0; turns < 3; turns++) this.world.reconcile();
  }

  /** Lives on until it is there. */
  until(place: PlaceName): this {
    for (let turns = 0; placeOf(this.world.status) !== place; turns++) {
      assert.ok(turns < 2_000, `it never comes to ${place}, but is at ${placeOf(this.world.status)}`);
      if (!this.world.reconcile())
        assert.ok(this.world.step(), `it rests at ${placeOf(this.world.status)}, not ${place}`);
    }
    return this;
  }

  push(revision = 'v2'): this {
    this.world.happen({ type: 'push', revision });
    return this;
  }

  act(verb: Verb): this {
    this.world.happen({ type: 'act', verb });
    return this;
  }

  happen(event: Parameters<World['happen']>[0]): this {
    this.world.happen(event);
    return this;
  }

  /** Lives on until it rests. */
  end(): void {
    assert.ok(this.world.settle(5_000), 'it comes to rest');
    this.stop();
  }

  /** Ends here: what was seen on the way is noted. */
  stop(): void {
    assert.deepEqual(this.world.violations, []);
    for (const { from, to, strategy } of this.world.steps) {
      const key = `${from} -> ${to}`;
      const strategies = SEEN.get(key) ?? new Set();
      if (strategy !== undefined) strategies.add(strategy);
      SEEN.set(key, strategies);
    }
    for (const { status } of this.world.decisions) {
      const place = placeOf(status);
      if (place === undefined) continue;
      PHASES.set(place, (PHASES.get(place) ?? new Set()).add(status.phase ?? ''));
    }
  }
}

const CONFIRM_ROLLOUT = { gates: [gate('confirm-rollout')] };
const CONFIRM_PROMOTION = { gates: [gate('confirm-promotion')] };
const BOTH = { gates: [gate('confirm-rollout'), gate('confirm-promotion')] };

/** What is told of each strategy. */
const STORIES: Readonly<Record<string, (strategy: Strategy) => void>> = {
  'a good release': (strategy) => new Told(strategy).push().until('ending').end(),
  'a bad release': (strategy) => new Told(strategy, { verdicts: { v2: ['fail', 'fail'] } }).push().end(),
  'a release that never gets ready': (strategy) => new Told(strategy, { broken: { v2: 'both' } }).push().end(),
  'a release that the primary cannot run': (strategy) => new Told(strategy, { broken: { v2: 'primary' } }).push().end(),
  'pods that are lost': (strategy) => new Told(strategy).push().until('shifting').happen({ type: 'evict' }).end(),
  'no analysis': (strategy) => {
    new Told(strategy, { spec: { ...SPEC, skipAnalysis: true } }).push().end();
    new Told(strategy).push().until('shifting').act('promoteFull').end();
  },
  'a revert': (strategy) => new Told(strategy).push().until('shifting').push('v1').end(),
  'a push over a push': (strategy) => {
    new Told(strategy).push().until('shifting').push('v3').end();
    new Told(strategy, CONFIRM_ROLLOUT)
      .push()
      .until('waiting')
      .push('v3')
      .until('ending')
      .until('waiting')
      .act('approve')
      .end();
  },
  'gates that are opened': (strategy) => {
    const told = new Told(strategy, BOTH).push().until('waiting').act('approve');
    told.until('waitingPromotion').act('approve').end();
    new Told(strategy, CONFIRM_PROMOTION)
      .push()
      .until('scaling')
      .act('promoteFull')
      .until('waitingPromotion')
      .act('approve')
      .end();
  },
  'gates that are not opened': (strategy) => {
    new Told(strategy, CONFIRM_ROLLOUT).push().until('waiting').act('reject').end();
    new Told(strategy, CONFIRM_PROMOTION).push().until('waitingPromotion').act('reject').end();
  },
  'pods that are lost at the gate before the promotion': (strategy) => {
    const told = new Told(strategy, CONFIRM_PROMOTION).push().until('waitingPromotion').happen({ type: 'evict' });
    told.until('scaling').until('waitingPromotion').act('approve').end();
  },
  'evidence that is lost at the gate before the promotion': (strategy) => {
    if (strategy !== 'canary') return;
    const told = new Told(strategy, CONFIRM_PROMOTION).push().until('waitingPromotion');
    told.happen({ type: 'prometheus', up: false }).until('shifting').happen({ type: 'prometheus', up: true });
    told.until('waitingPromotion').act('approve').end();
  },
  'a revision that is run again while its pods are still there': (strategy) => {
    new Told(strategy, { verdicts: { v2: ['fail', 'fail'] }, git: { mode: 'off' } })
      .push()
      .until('ending')
      .act('retry')
      .end();
  },
  'a revision that is run again unjudged while its pods are still there': (strategy) => {
    const told = new Told(strategy, { verdicts: { v2: ['fail', 'fail'] }, git: { mode: 'off' } })
      .push()
      .until('ending');
    told
      .happen({ type: 'edit', spec: { skipAnalysis: true } })
      .act('retry')
      .end();
  },
  'a deletion anywhere': (strategy) => {
    for (const place of ALIVE.filter((name) => name !== 'initializing' && name !== 'resting')) {
      const told = new Told(strategy, BOTH).push().until('waiting');
      if (place === 'waiting') told.happen({ type: 'delete' }).until('terminating').stop();
      else {
        told.act('approve').until(place === 'scaling' || place === 'shifting' ? place : 'waitingPromotion');
        if (place === 'promoting' || place === 'returning' || place === 'ending') told.act('approve').until(place);
        told.happen({ type: 'delete' }).until('terminating').stop();
      }
    }
  },
};

for (const [name, tell] of Object.entries(STORIES)) {
  for (const strategy of STRATEGIES) test(`${name}, ${strategy}: every step is in the table`, () => tell(strategy));
}

test('a deletion without a run', () => {
  new Told('canary').happen({ type: 'delete' }).until('terminating').stop();
  new Told('canary', { rests: false }).happen({ type: 'delete' }).until('terminating').stop();
});

test('every transition and every phase of the table has been seen, with every strategy', () => {
  const unseen = TRANSITIONS.flatMap(({ from, to, strategies = STRATEGIES }) => {
    const seen = SEEN.get(`${from} -> ${to}`);
    const isOfRun = PLACES[from].stages.length > 0 || PLACES[to].stages.length > 0;
    if (!isOfRun) return seen === undefined ? [`${from} -> ${to}`] : [];
    return strategies.filter((one) => seen?.has(one) !== true).map((one) => `${from} -> ${to} (${one})`);
  });
  assert.deepEqual(unseen, []);
  const phases = Object.entries(PLACES).flatMap(([name, place]) =>
    place.phases
      .filter((phase) => PHASES.get(name as PlaceName)?.has(phase) !== true)
      .map((phase) => `${name} ${phase}`),
  );
  assert.deepEqual(phases, []);
});
