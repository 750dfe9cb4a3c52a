import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decide } from '#src/rollout/decide.ts';
import type { EffectResult } from '#src/rollout/effect.ts';
import type { GitView } from '#src/rollout/observed.ts';
import { measureKey } from '#src/rollout/window.ts';
import { aCheck, GIT_ON, SPEC } from '../rollout/an-observed.ts';
import type { Happening, Story } from '../rollout/story.ts';
import { World } from '../rollout/world.ts';

const deep = process.env['SERIN_DEEP'] !== undefined;
const runs = (fast: number): number => (deep ? fast * 20 : fast);

const revision = fc.constantFrom('v1', 'v2', 'v2', 'v3', 'v4');
const at = fc.integer({ min: 0, max: 200 }).map((seconds) => seconds * 1_000);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ at, type: fc.constant('push' as const), revision }) },
  fc.record({ at, type: fc.constant('drift' as const), weight: fc.integer({ min: 0, max: 100 }) }),
  fc.record({ at, type: fc.constantFrom('evict' as const, 'touch' as const) }),
  fc.record({ at, type: fc.constant('scale' as const), replicas: fc.integer({ min: 1, max: 3 }) }),
);
const verdict = fc.constantFrom(
  'pass' as const,
  'pass' as const,
  'pass' as const,
  'fail' as const,
  'noData' as const,
  'error' as const,
);
const verdicts = fc.array(verdict, { maxLength: 12 });
const git: fc.Arbitrary<GitView> = fc.oneof(
  fc.constant<GitView>({ mode: 'off' }),
  fc
    .constantFrom('none' as const, 'record' as const, 'revert' as const, 'pullRequest' as const)
    .map((onFailure) => ({ ...GIT_ON, onFailure })),
);
const story: fc.Arbitrary<Story> = fc.record({
  happenings: fc.array(happening, { maxLength: 6 }),
  verdicts: fc.record({ v2: verdicts, v3: verdicts }),
  broken: fc.constantFrom({}, {}, { v2: 'both' as const }, { v2: 'primary' as const }),
  keepsCapacity: fc.boolean(),
  lag: fc.constantFrom(0, 300, 1_500),
  crashes: fc.uniqueArray(fc.integer({ min: 1, max: 120 }), { maxLength: 5 }),
  git,
});

const rejecting = ['RolledBack', 'Aborted', 'Inconclusive'];

/** Plays the story to its end and checks everything that must hold there. */
const played = (told: Story): World => {
  const world = new World(told);
  assert.ok(world.settle(), 'the world comes to rest');
  assert.deepEqual(world.violations, []);
  return world;
};

test('invariants hold in every story, and every story ends', () => {
  fc.assert(
    fc.property(story, (told) => {
      const world = played(told);
      const { status } = world;

      const last = decide(world.observe(), world.now);
      assert.deepEqual([...last.before, ...last.after], [], 'nothing is left to do');
      assert.equal(last.status, status, 'the status stands still');
      assert.equal(world.state.route?.exposure.canaryWeight, 0);
      assert.equal(world.state.side, undefined);
      assert.equal(world.state.target.replicas, 0);

      // 6: every run has one outcome, every push at most one run, and the last push has its answer.
      assert.deepEqual(world.state.outcomes.map(({ run }) => run).sort(), [...world.state.starts].sort());
      for (const id of new Set(world.state.outcomes.map(({ revision }) => revision))) {
        const started = world.state.outcomes.filter((outcome) => outcome.revision === id).length;
        const pushed = world.state.pushes.filter((push) => push.revision === id).length;
        assert.ok(started <= pushed, `${id} ran ${started} times for ${pushed} pushes`);
      }
      const answer = world.state.outcomes.findLast((outcome) => outcome.revision === world.desired);
      const answered = status.stable?.revision === world.desired || rejecting.includes(answer?.outcome ?? '');
      assert.ok(answered, `${world.desired} has its answer`);
      assert.equal(world.state.primary?.revision, status.stable?.revision);

      // 7: one operation for each outcome that has one, and none for the others.
      const view = told.git ?? GIT_ON;
      for (const { run, outcome } of world.state.outcomes) {
        const operations = Object.values(world.state.commits).filter((operation) => operation.run.id === run);
        const wanted =
          view.mode === 'on' && (outcome === 'Promoted' || (outcome === 'RolledBack' && view.onFailure !== 'none'));
        assert.equal(operations.length, wanted ? 1 : 0, `${outcome} ${run} has ${operations.length} operations`);
      }
      assert.deepEqual(status.outbox, []);
      if (world.state.crashed === 0) assert.equal(new Set(world.state.delivered).size, world.state.delivered.length);
    }),
    { numRuns: runs(300) },
  );
});

test('deciding again changes nothing, and a recorded observation gives the same decision', () => {
  fc.assert(
    fc.property(story, fc.integer({ min: 1, max: 400 }), (told, limit) => {
      const world = new World(told);
      world.settle(limit);
      const observed = world.observe();
      const first = decide(observed, world.now);
      const { effects, ...plain } = observed;
      const recorded = JSON.parse(JSON.stringify({ ...plain, effects: [...effects] }));
      const replayed = { ...recorded, effects: new Map(recorded.effects) };
      assert.deepEqual(decide(replayed, world.now), first);
      const stored = decide({ ...observed, status: first.status }, world.now);
      const again = decide({ ...observed, status: stored.status }, world.now);
      assert.deepEqual(again.status, stored.status);
    }),
    { numRuns: runs(100) },
  );
});

test('from any moment of a run, a failed window takes all traffic away in that very decision', () => {
  let tried = 0;
  fc.assert(
    fc.property(story, fc.integer({ min: 20, max: 400 }), (told, limit) => {
      const spec = { ...SPEC, analysis: { ...SPEC.analysis, threshold: 1 } };
      const world = new World({ ...told, spec });
      world.settle(limit);
      const observed = world.observe();
      const { run } = observed.status;
      const later = world.now + 60_000;
      const [measure] = decide(observed, later).effects.filter(({ kind }) => kind === 'measure');
      if (run === undefined || measure === undefined || !measure.key.startsWith(measureKey(run))) return;
      tried++;
      const result: EffectResult = { kind: 'measure', checks: [aCheck('fail')] };
      const effects = new Map([[measure.key, { state: 'done', at: later, result } as const]]);
      const { before, after, status } = decide({ ...observed, effects }, later);
      assert.deepEqual(
        before.map((action) => action.type === 'setRoute' && action.canaryWeight),
        [0],
      );
      assert.equal(status.run?.outcome, 'RolledBack');
      assert.ok(!after.some(({ type }) => type === 'setRoute'));
    }),
    { numRuns: runs(100) },
  );
  assert.ok(tried > 0, 'some of the moments were in the middle of a step');
});

test('a crash after any single write leads to the same end', () => {
  const stories: readonly Story[] = [
    { happenings: [{ at: 20_000, type: 'push', revision: 'v2' }] },
    { happenings: [{ at: 20_000, type: 'push', revision: 'v2' }], keepsCapacity: false },
    { happenings: [{ at: 20_000, type: 'push', revision: 'v2' }], verdicts: { v2: ['pass', 'fail', 'pass', 'fail'] } },
    { happenings: [{ at: 20_000, type: 'push', revision: 'v2' }], broken: { v2: 'primary' } },
    {
      happenings: [{ at: 20_000, type: 'push', revision: 'v2' }],
      verdicts: { v2: ['pass', 'pass', 'noData', 'noData', 'error'] },
    },
    {
      happenings: [
        { at: 20_000, type: 'push', revision: 'v2' },
        { at: 50_000, type: 'push', revision: 'v3' },
      ],
    },
    {
      happenings: [
        { at: 20_000, type: 'push', revision: 'v2' },
        { at: 50_000, type: 'push', revision: 'v1' },
      ],
    },
  ];
  const end = (world: World): unknown => ({
    outcomes: world.state.outcomes,
    stable: world.status.stable?.revision,
    phase: world.status.phase,
    commits: Object.keys(world.state.commits).sort(),
    told: [...new Set(world.state.delivered)].length,
  });
  for (const told of stories) {
    const undisturbed = played(told);
    for (let write = 1; write <= undisturbed.state.writes; write++) {
      const world = played({ ...told, crashes: [write] });
      assert.equal(world.state.crashed, 1);
      assert.deepEqual(end(world), end(undisturbed), `crash after write ${write}`);
    }
  }
});
