import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#src/rollout/decide.ts';
import { refuse } from '#src/rollout/refuse.ts';
import { aCheck, anObserved, answered, aRoute, aRunning, aShiftedRun, T0 } from '../an-observed.ts';
import { NOTHING, shown } from '../shown.ts';

const PROBLEM = { where: 'spec.provider', message: 'istio is not supported yet', reason: 'InvalidSpec' } as const;
const TEXT = 'spec.provider: istio is not supported yet';

test('a problem is a Stalled condition, one event, and nothing else', () => {
  const observed = anObserved({ problems: [PROBLEM], status: { phase: 'Initialized' } });
  const decision = decide(observed, T0);
  assert.deepEqual(shown(decision), { ...NOTHING, events: ['InvalidSpec'] });
  for (const [type, status] of [
    ['Stalled', 'True'],
    ['Ready', 'False'],
  ]) {
    const condition = decision.status.conditions.find((known) => known.type === type);
    assert.deepEqual([condition?.status, condition?.reason, condition?.message], [status, 'InvalidSpec', TEXT]);
  }
  const again = decide({ ...observed, status: decision.status }, T0 + 60_000);
  assert.deepEqual([again.events, again.status], [[], decision.status]);
});

test('a run is held at its weight while there is a problem: neither judged nor raised nor lowered', () => {
  const run = aShiftedRun(2, 10);
  const effects = answered(run, T0 + 13_000, [aCheck('pass')]);
  const observed = aRunning(run, { problems: [PROBLEM], effects, route: aRoute({ canaryWeight: 10, since: T0 }) });
  const decision = decide(observed, T0 + 13_000);
  assert.deepEqual(shown(decision), { ...NOTHING, events: ['InvalidSpec'] });
  assert.equal(decision.status.run?.weight.set, 10);
});

test('a run that has its outcome gets no traffic all the same', () => {
  const run = aShiftedRun(2, 10, {
    stage: 'ending',
    outcome: 'RolledBack',
    sentence: 'x',
    endedAt: '2026-11-21T08:00:00.000Z',
  });
  const observed = aRunning(run, { problems: [PROBLEM] });
  assert.deepEqual(shown(decide(observed, T0)).before, ['setRoute 0']);
});

test('a target that is not there is told like any other mistake', () => {
  const { target: _target, ...observed } = anObserved();
  const { status } = decide(observed, T0);
  const stalled = status.conditions.find(({ type }) => type === 'Stalled');
  assert.equal(
    stalled?.message,
    'spec.targetRef: Deployment shop/podinfo does not exist: create it, or name another in spec.targetRef',
  );
});

test('a problem that is gone leaves no trace but the conditions', () => {
  const wrong = decide(anObserved({ problems: [PROBLEM] }), T0).status;
  const { conditions } = decide({ ...anObserved(), status: wrong }, T0 + 1_000).status;
  const summary = conditions.map(({ type, status }) => `${type} ${status}`);
  assert.deepEqual(summary, ['Ready True', 'Reconciling False', 'Stalled False', 'Promoted True']);
});

test('a Canary that cannot be read says why, once, and keeps everything else', () => {
  const before = aRunning(aShiftedRun(2, 10)).status;
  const first = refuse(before, { problems: [PROBLEM], generation: 7, now: T0 });
  assert.deepEqual(first.events, [{ reason: 'InvalidSpec', note: TEXT }]);
  assert.deepEqual([first.status.observedGeneration, first.status.run], [7, before.run]);
  assert.deepEqual(
    first.status.conditions.map(({ type, status }) => `${type} ${status}`),
    ['Ready False', 'Reconciling False', 'Stalled True'],
  );
  const again = refuse(first.status, { problems: [PROBLEM], generation: 7, now: T0 + 60_000 });
  assert.deepEqual(again, { status: first.status, events: [] });
});
