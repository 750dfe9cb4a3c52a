import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CanarySpecInput, canarySpec } from '#src/api/canary.ts';
import type { RunStatus } from '#src/api/canary-status.ts';
import { strategyOf } from '#src/api/strategy.ts';
import { askedMatches } from '#src/rollout/asked-matches.ts';
import { decide } from '#src/rollout/decide.ts';
import { exposureOf } from '#src/rollout/exposing.ts';
import { planOf } from '#src/rollout/plan.ts';
import { timeText } from '#src/rollout/time.ts';
import { aRoute, aRunning, aShiftedRun, aWorkload, SPEC, T0 } from './an-observed.ts';

// An edited spec counts from the next decision on; it never gives the canary more than it has, and the run notes it.

type Analysis = NonNullable<CanarySpecInput['analysis']>;
const withAnalysis = (analysis: Analysis): CanarySpecInput => ({ ...SPEC, analysis: { interval: '10s', ...analysis } });
const match = (value: string): Analysis => ({ iterations: 3, match: [{ headers: { 'x-who': { exact: value } } }] });

/** What the canary has at one step of a plan, as a run notes it. */
const atStepOf = (spec: CanarySpecInput, index: number, parts: Partial<RunStatus> = {}): RunStatus => {
  const parsed = canarySpec.parse(spec);
  const plan = planOf(parsed);
  const step = plan[index % plan.length] ?? assert.fail();
  const { weight: set, mirror, matched } = step;
  const strategy = strategyOf(parsed);
  return {
    ...aShiftedRun(step.index, set),
    strategy,
    ...(strategy === 'abTest' ? { match: askedMatches(parsed) } : {}),
    weight: {
      set,
      since: timeText(T0),
      ...(mirror === undefined ? {} : { mirror }),
      ...(matched === undefined ? {} : { matched }),
    },
    generation: 1,
    ...parts,
  };
};

/** The run at generation 1, looked at with `spec` as generation 2. */
const edited = (run: RunStatus, spec: CanarySpecInput, parts: Parameters<typeof aRunning>[1] = {}) => {
  const { affinity: _, ...exposure } = exposureOf(run);
  const observed = aRunning(run, {
    spec,
    canary: { generation: 2 },
    route: aRoute({ ...exposure, since: T0 }),
    side: aWorkload('v2'),
    ...parts,
  });
  return { observed, decision: decide(observed, T0 + 1_000) };
};
const whatOf = (run: RunStatus | undefined): string | undefined => run?.changes?.at(-1)?.what;

test('what is edited is told and noted once, with what it meant', () => {
  const { observed, decision } = edited(aShiftedRun(2, 10, { generation: 1 }), withAnalysis({ stepWeights: [10, 40] }));
  const { run } = decision.status;
  assert.deepEqual(run?.changes, [
    { at: timeText(T0 + 1_000), generation: 2, what: 'the run goes on at 10 % by the new spec' },
  ]);
  assert.deepEqual(decision.events, [
    { reason: 'SpecChanged', note: 'Generation 2: the run goes on at 10 % by the new spec' },
  ]);
  const again = decide({ ...observed, status: decision.status }, T0 + 2_000);
  assert.deepEqual([again.events, again.status.run?.changes?.length], [[], 1]);
});

test('users of a canary without a pod are led away before an edited spec is taken up', () => {
  const side = aWorkload('v2', { endpoints: 0, ready: false });
  const { observed, decision } = edited(aShiftedRun(3, 25, { generation: 1 }), withAnalysis({ stepWeights: [5, 10] }), {
    side,
  });
  const [lowered] = decision.before;
  assert.ok(lowered?.type === 'setRoute');
  assert.equal(lowered.canaryWeight, 0);
  assert.deepEqual([decision.status.run?.restarts, whatOf(decision.status.run)], [1, undefined]);
  const next = decide({ ...observed, status: decision.status, route: aRoute({ canaryWeight: 0 }) }, T0 + 2_000);
  assert.deepEqual(next.status.run?.generation, 2);
});

test('less is taken at once, more only step by step', () => {
  const run = aShiftedRun(3, 25, { generation: 1 });
  const less = edited(run, withAnalysis({ stepWeights: [5, 10] }));
  assert.deepEqual(less.decision.before, [{ type: 'setRoute', canaryWeight: 10 }]);
  assert.equal(whatOf(less.decision.status.run), 'the highest step is 10 % now: weight 25 % -> 10 %');
  const more = edited(run, withAnalysis({ stepWeights: [90] }));
  assert.deepEqual([more.decision.before, more.decision.after], [[], []]);
  assert.equal(more.decision.status.run?.weight.set, 25);
});

test('another strategy begins anew without traffic; a promotion under way is brought to its end', () => {
  const anew = edited(aShiftedRun(3, 25, { generation: 1 }), withAnalysis({ iterations: 3 }));
  assert.deepEqual(anew.decision.before, [{ type: 'setRoute', canaryWeight: 0 }]);
  const { run } = anew.decision.status;
  assert.deepEqual([run?.stage, run?.strategy, run?.weight.set], ['scaling', 'blueGreen', 0]);
  const promoting = aShiftedRun(4, 50, { generation: 1, stage: 'promoting', deadline: timeText(T0 + 600_000) });
  const kept = edited(promoting, withAnalysis({ iterations: 3 }));
  assert.deepEqual(
    [kept.decision.before, kept.decision.status.run?.stage, whatOf(kept.decision.status.run)],
    [[], 'promoting', 'the promotion under way is brought to its end'],
  );
});

test('requests that match are those of when the run began; others are said to count from the next run', () => {
  const run = atStepOf(withAnalysis(match('tester')), 0);
  const { decision } = edited(run, withAnalysis(match('everybody')));
  assert.deepEqual(decision.status.run?.match, run.match);
  assert.deepEqual([decision.before, decision.after], [[], []]);
  assert.match(whatOf(decision.status.run) ?? '', /; the new match counts from the next run$/);
});

test('nothing is lowered to a primary that has nobody; it is taken up when it has', () => {
  const run = aShiftedRun(3, 25, { generation: 1 });
  const primary = aWorkload('v1', { endpoints: 0, ready: false });
  const { decision } = edited(run, withAnalysis({ stepWeights: [5] }), { primary });
  assert.deepEqual(
    [decision.before, decision.status.run?.weight.set, whatOf(decision.status.run)],
    [[], 25, undefined],
  );
});

const weights = fc
  .uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 6 })
  .map((steps) => steps.toSorted((a, b) => a - b));
const analyses: fc.Arbitrary<Analysis> = fc.oneof(
  weights.map((stepWeights): Analysis => ({ stepWeights })),
  fc.record({ maxWeight: fc.integer({ min: 1, max: 100 }) }),
  fc
    .record({ stepWeights: weights, mirrorWeight: fc.integer({ min: 1, max: 100 }) })
    .map((parts): Analysis => ({ ...parts, mirror: true })),
  fc.record({ iterations: fc.integer({ min: 1, max: 5 }) }),
  fc
    .record({ iterations: fc.integer({ min: 1, max: 5 }), mirrorWeight: fc.integer({ min: 1, max: 100 }) })
    .map((parts): Analysis => ({ ...parts, mirror: true })),
  fc.constantFrom('a', 'b').map(match),
);

test('whatever is edited into whatever, the canary has no more after the decision than before', () => {
  fc.assert(
    fc.property(analyses, analyses, fc.nat({ max: 20 }), (before, after, step) => {
      const run = atStepOf(withAnalysis(before), step);
      const { decision } = edited(run, withAnalysis(after));
      const next = decision.status.run ?? assert.fail('the run goes on');
      const [had, has] = [exposureOf(run), exposureOf(next)];
      assert.ok(has.canaryWeight <= had.canaryWeight, 'weight');
      assert.ok((has.mirror ?? 0) <= (had.mirror ?? 0), 'mirror');
      assert.deepEqual(has.pinned ?? had.pinned, had.pinned, 'matches');
      const isLess = JSON.stringify(has) !== JSON.stringify(had);
      const written = isLess || decision.before.length > 0 ? [{ type: 'setRoute', ...has }] : [];
      assert.deepEqual(decision.before, written, 'what is less is written first');
      assert.deepEqual(
        decision.after.filter(({ type }) => type === 'setRoute'),
        [],
        'nothing is raised',
      );
      assert.equal(next.changes?.length, 1);
      assert.equal(next.generation, 2);
    }),
    { numRuns: process.env['SERIN_DEEP'] === undefined ? 500 : 20_000 },
  );
});
