import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeText } from '#src/rollout/time.ts';
import { measureEffect, settledAt } from '#src/rollout/window.ts';
import { aRoute, aRunning, aShiftedRun, SUCCESS_RATE, T0 } from './an-observed.ts';

const run = aShiftedRun(1, 5);
const settled = T0 + 3_000;
const at = (settled: number) => ({ settled, now: settled + 60_000 });

test('traffic has settled three seconds after the plane took the weight, if it can tell or not', () => {
  const since = T0;
  assert.equal(settledAt(aRoute({ canaryWeight: 5, since }), { canaryWeight: 5 }), T0 + 3_000);
  assert.equal(settledAt(aRoute({ canaryWeight: 5, since, acceptance: 'unknown' }), { canaryWeight: 5 }), T0 + 3_000);
});

test('another weight, a plane that has not answered and one that refuses have not settled', () => {
  assert.equal(settledAt(aRoute({ canaryWeight: 10 }), { canaryWeight: 5 }), undefined);
  assert.equal(settledAt(aRoute({ canaryWeight: 5, acceptance: 'pending' }), { canaryWeight: 5 }), undefined);
  assert.equal(settledAt(aRoute({ canaryWeight: 5, acceptance: 'refused' }), { canaryWeight: 5 }), undefined);
  assert.equal(
    settledAt({ exists: false, current: false, acceptance: 'unknown', detail: '', since: T0 }, { canaryWeight: 0 }),
    undefined,
  );
});

test('the first window begins when the traffic has settled', () => {
  const effect = measureEffect(aRunning(run), run, at(settled));
  assert.deepEqual(effect.window, { from: settled, to: settled + 10_000 });
  assert.equal(effect.key, `measure/v2-1/1/${settled + 10_000}`);
});

test('the next one follows the last one, and never reaches back before a weight that settled later', () => {
  const judged = { ...run, windowEnd: timeText(settled + 10_000) };
  assert.deepEqual(measureEffect(aRunning(judged), judged, at(settled)).window, {
    from: settled + 10_000,
    to: settled + 20_000,
  });
  assert.deepEqual(measureEffect(aRunning(judged), judged, at(settled + 60_000)).window, {
    from: settled + 60_000,
    to: settled + 70_000,
  });
});

test('a metric is asked from its initial delay on, and no window ends before one of them is', () => {
  const late = { ...SUCCESS_RATE, name: 'late', initialDelayMs: 60_000 };
  const both = measureEffect(aRunning(run, { metrics: [SUCCESS_RATE, late] }), run, at(settled));
  assert.deepEqual(
    both.checks.map(({ name }) => name),
    ['request-success-rate'],
  );
  const alone = measureEffect(aRunning(run, { metrics: [late] }), run, at(settled));
  assert.deepEqual(alone.window, { from: T0 + 50_000, to: T0 + 60_000 });
  assert.deepEqual(
    alone.checks.map(({ name }) => name),
    ['late'],
  );
});

test('a clock that is set back makes no window wait for the time that it has left', () => {
  const before = { ...aShiftedRun(1, 5), windowEnd: timeText(T0 + 3_600_000) };
  const later = { ...before, steps: [{ index: 1, weight: 5, from: timeText(T0 + 3_600_000) }] };
  const { window } = measureEffect(aRunning(later), later, { settled, now: settled + 1_000 });
  assert.deepEqual(window, { from: settled, to: settled + 10_000 });
});

test('no window reaches back before the run asked for its weight, however long the route has stood so', () => {
  const run = aShiftedRun(1, 5);
  const asked = Date.parse(run.weight.since);
  const now = asked + 60_000;
  const { window } = measureEffect(aRunning(run), run, { settled: asked - 3_600_000, now });
  assert.deepEqual(window, { from: asked, to: asked + 10_000 });
});
