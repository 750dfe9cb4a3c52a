import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canarySpec } from '#src/api/canary.ts';
import {
  BEFORE,
  canaryReplicas,
  deadlineMs,
  intervalMs,
  loadOf,
  nextStep,
  planOf,
  windowsNeeded,
} from '#src/rollout/plan.ts';
import { planText, stepText } from '#src/rollout/step-text.ts';
import { SPEC } from './an-observed.ts';

const spec = (analysis: object, more: object = {}) => canarySpec.parse({ ...SPEC, ...more, analysis });
const weights = (analysis: object): readonly number[] => planOf(spec(analysis)).map(({ weight }) => weight);
const at = (step: number, set: number) => ({ step, weight: { set } });

test('steps are stepWeights as they are, whatever maxWeight says', () => {
  assert.deepEqual(weights({ stepWeights: [1, 7, 80], maxWeight: 50 }), [1, 7, 80]);
});

test('steps are multiples of stepWeight, the last one capped at maxWeight', () => {
  assert.deepEqual(weights({ stepWeight: 20, maxWeight: 50 }), [20, 40, 50]);
  assert.deepEqual(weights({ stepWeight: 25, maxWeight: 50 }), [25, 50]);
  assert.deepEqual(weights({ stepWeight: 60, maxWeight: 50 }), [50]);
  assert.deepEqual(weights({ stepWeight: 50 }), [50, 100]);
});

test('without steps the ramp doubles from 1 % up to maxWeight', () => {
  assert.deepEqual(weights({}), [1, 2, 4, 8, 16, 32, 64, 100]);
  assert.deepEqual(weights({ maxWeight: 50 }), [1, 2, 4, 8, 16, 32, 50]);
  assert.deepEqual(weights({ maxWeight: 64 }), [1, 2, 4, 8, 16, 32, 64]);
  assert.deepEqual(weights({ maxWeight: 1 }), [1]);
});

test('mirroring comes before the first weight', () => {
  const mirrored = spec({ stepWeights: [10, 50], mirror: true, mirrorWeight: 30 });
  assert.deepEqual(planOf(mirrored), [
    { index: 1, weight: 0, mirror: 30, windows: 1 },
    { index: 2, weight: 10, windows: 1 },
    { index: 3, weight: 50, windows: 1 },
  ]);
  assert.equal(planText(mirrored), 'a copy of 30 % of the requests, then 10, 50 %');
  assert.deepEqual(weights({ stepWeights: [10], mirror: true, mirrorWeight: 0 }), [10]);
});

test('blue/green is judged for its iterations without traffic or with a copy of it, then once with all of it', () => {
  assert.deepEqual(planOf(spec({ iterations: 10 })), [
    { index: 1, weight: 0, windows: 10 },
    { index: 2, weight: 100, windows: 1 },
  ]);
  assert.deepEqual(planOf(spec({ iterations: 3, mirror: true }))[0], { index: 1, weight: 0, mirror: 100, windows: 3 });
  assert.equal(planText(spec({ iterations: 10 })), 'no traffic for 10 windows, then 100 %');
});

test('A/B has one step: the requests that match, for all iterations', () => {
  const match = [{ headers: { 'x-canary': { exact: 'insider' } } }];
  assert.deepEqual(planOf(spec({ iterations: 5, match })), [{ index: 1, weight: 0, matched: true, windows: 5 }]);
  assert.equal(planText(spec({ iterations: 5, match })), 'the requests that match for 5 windows');
});

test('the next step is the first one above the weight, so that edited steps skip none', () => {
  const steps = spec({ stepWeights: [5, 20, 60] });
  assert.deepEqual(nextStep(steps, BEFORE), { index: 1, weight: 5, windows: 1 });
  assert.deepEqual(nextStep(steps, at(1, 10)), { index: 2, weight: 20, windows: 1 });
  assert.equal(nextStep(steps, at(3, 60)), undefined);
});

test('a step without weight is followed by the first weight, also where that step is no longer planned', () => {
  const mirrored = spec({ stepWeights: [10, 50], mirror: true });
  assert.equal(nextStep(mirrored, BEFORE)?.mirror, 100);
  assert.equal(nextStep(mirrored, at(1, 0))?.weight, 10);
  assert.equal(nextStep(spec({ stepWeights: [10, 50] }), at(1, 0))?.weight, 10);
});

test('only steps without weight need more than one window', () => {
  const blueGreen = spec({ iterations: 4 });
  assert.equal(windowsNeeded(blueGreen, at(1, 0)), 4);
  assert.equal(windowsNeeded(blueGreen, at(2, 100)), 1);
});

test('a step brings as much load as its weight, its mirror, or all that may match', () => {
  assert.equal(loadOf({ weight: 10 }), 10);
  assert.equal(loadOf({ weight: 0, mirror: 30 }), 30);
  assert.equal(loadOf({ weight: 0, matched: true }), 100);
  assert.equal(stepText({ weight: 10, windows: 1 }), '10 %');
});

test('the canary is sized to its load, at least one pod, at least canaryMinReplicas', () => {
  const steps = { stepWeights: [5] };
  assert.equal(canaryReplicas(spec(steps), 5, 4), 1);
  assert.equal(canaryReplicas(spec(steps), 26, 4), 2);
  assert.equal(canaryReplicas(spec(steps), 100, 4), 4);
  assert.equal(canaryReplicas(spec(steps), 5, 0), 1);
  assert.equal(canaryReplicas(spec(steps, { canaryMinReplicas: 3 }), 5, 4), 3);
  assert.equal(canaryReplicas(spec(steps, { canaryReplicas: 'full' }), 5, 4), 4);
});

test('interval and deadline are milliseconds', () => {
  const timed = spec({ stepWeights: [5], interval: '1m30s' }, { progressDeadlineSeconds: 20 });
  assert.equal(intervalMs(timed), 90_000);
  assert.equal(deadlineMs(timed), 20_000);
});
