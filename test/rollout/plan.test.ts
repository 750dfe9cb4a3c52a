import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canarySpec } from '#src/api/canary.ts';
import { canaryReplicas, deadlineMs, intervalMs, nextStep, stepsOf } from '#src/rollout/plan.ts';
import { SPEC } from './an-observed.ts';

const spec = (analysis: object, more: object = {}) => canarySpec.parse({ ...SPEC, ...more, analysis });

test('steps are stepWeights as they are, whatever maxWeight says', () => {
  assert.deepEqual(stepsOf(spec({ stepWeights: [1, 7, 80], maxWeight: 50 })), [1, 7, 80]);
});

test('steps are multiples of stepWeight, the last one capped at maxWeight', () => {
  assert.deepEqual(stepsOf(spec({ stepWeight: 20, maxWeight: 50 })), [20, 40, 50]);
  assert.deepEqual(stepsOf(spec({ stepWeight: 25, maxWeight: 50 })), [25, 50]);
  assert.deepEqual(stepsOf(spec({ stepWeight: 60, maxWeight: 50 })), [50]);
  assert.deepEqual(stepsOf(spec({ stepWeight: 50 })), [50, 100]);
});

test('the next step is the first one above the weight, so that edited steps skip none', () => {
  const steps = spec({ stepWeights: [5, 20, 60] });
  assert.deepEqual(nextStep(steps, 0), { index: 1, weight: 5 });
  assert.deepEqual(nextStep(steps, 10), { index: 2, weight: 20 });
  assert.equal(nextStep(steps, 60), undefined);
});

test('the canary is sized to its weight, at least one pod, at least canaryMinReplicas', () => {
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
