import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanarySpecInput } from '#src/api/canary.ts';
import { decide } from '#src/rollout/decide.ts';
import { isClosed } from '#src/rollout/exposing.ts';
import { SPEC } from '../rollout/an-observed.ts';
import { type Budget, explore } from '../rollout/explore.ts';
import type { Event } from '../rollout/story.ts';
import type { World } from '../rollout/world.ts';

// Because `decide` is pure, every state that a small world can come to can be visited: one Canary, two revisions, what
// may happen to it once each, and a crash after any write.

const deep = process.env['SERIN_DEEP'] !== undefined;
const { stepWeights: _, ...ANALYSIS } = SPEC.analysis;

const atRest = (world: World): void => {
  const observed = world.observe();
  const last = decide(observed, world.now);
  assert.deepEqual([...last.before, ...last.after], [], 'nothing is left to do');
  const { outcomes, starts, side, primary, target } = world.state;
  assert.deepEqual(outcomes.map(({ run }) => run).sort(), [...starts].sort(), 'each run has one outcome');
  assert.ok(isClosed(observed.route), 'nothing is exposed');
  assert.deepEqual([side, target.replicas], [undefined, 0]);
  assert.equal(primary?.revision, world.status.stable?.revision);
  const answered = outcomes.some(({ revision }) => revision === world.desired);
  assert.ok(answered || world.status.stable?.revision === world.desired, `${world.desired} has its answer`);
};

type Small = { readonly name: string; readonly analysis: CanarySpecInput['analysis']; readonly budget: Budget };

const VERDICTS = ['pass', 'fail', 'noData'] as const;
const PUSH = { type: 'push', revision: 'v2' } as const;
const BACK = { type: 'push', revision: 'v1' } as const;

const SMALL: readonly Small[] = [
  {
    name: 'two weights, a push and a crash',
    analysis: { ...ANALYSIS, threshold: 1, stepWeights: [10, 50] },
    budget: { events: [PUSH], crashes: 1, verdicts: VERDICTS, surprises: 1 },
  },
  {
    name: 'one weight, a push and its revert',
    analysis: { ...ANALYSIS, threshold: 1, stepWeights: [10] },
    budget: { events: [PUSH, BACK], crashes: 0, verdicts: VERDICTS, surprises: 1 },
  },
  {
    name: 'A/B, a push and an eviction',
    analysis: { ...ANALYSIS, threshold: 1, iterations: 1, match: [{ headers: { 'x-canary': { exact: 'on' } } }] },
    budget: { events: [PUSH, { type: 'evict' }], crashes: 0, verdicts: VERDICTS, surprises: 1 },
  },
];

const ONE_WEIGHT = { ...ANALYSIS, threshold: 1, stepWeights: [10] };
const with2 = (name: string, event: Event, analysis: CanarySpecInput['analysis'] = ONE_WEIGHT): Small => ({
  name: `a push, ${name} and a crash`,
  analysis,
  budget: { events: [PUSH, event], crashes: 1, verdicts: VERDICTS, surprises: 1 },
});

const LARGER: readonly Small[] = [
  with2('its revert', BACK),
  with2('a newer push', { type: 'push', revision: 'v3' }),
  with2('an eviction', { type: 'evict' }),
  with2('an eviction of the primary', { type: 'evictPrimary' }),
  with2('a foreign weight', { type: 'drift', weight: 100 }),
  with2('an abort', { type: 'act', verb: 'abort' }),
  with2(
    'an abort of blue/green',
    { type: 'act', verb: 'abort' },
    { ...ANALYSIS, threshold: 1, iterations: 1, mirror: true },
  ),
  with2('another strategy', { type: 'edit', analysis: { ...ANALYSIS, threshold: 1, iterations: 1, mirror: true } }),
];

for (const { name, analysis, budget } of [...SMALL, ...(deep ? LARGER : [])]) {
  test(`every state of a small world is right: ${name}`, (t) => {
    const { states, transitions, rests, depth, outcomes } = explore(
      { spec: { ...SPEC, analysis } },
      { budget, atRest },
    );
    const ends = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
    t.diagnostic(
      `${states} states, ${transitions} transitions, ${rests} at rest, ways of up to ${depth}: ${ends.join(', ')}`,
    );
    assert.ok(states > 100, `${states} states only`);
    assert.ok(outcomes['v2 Promoted'] !== undefined && outcomes['v2 RolledBack'] !== undefined, ends.join());
  });
}
