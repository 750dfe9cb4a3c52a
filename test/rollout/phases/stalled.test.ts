import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanaryStatus } from '#src/api/canary-status.ts';
import { decide } from '#src/rollout/decide.ts';
import { refuse } from '#src/rollout/refuse.ts';
import {
  aCheck,
  anObserved,
  answered,
  aRevision,
  aRoute,
  aRunning,
  aShiftedRun,
  aWorkload,
  GIT_ON,
  T0,
} from '../an-observed.ts';
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

test('a run is judged while there is a problem, and held at its weight when it passes', () => {
  const run = aShiftedRun(2, 10);
  const effects = answered(run, T0 + 13_000, [aCheck('pass')]);
  const observed = aRunning(run, { problems: [PROBLEM], effects, route: aRoute({ canaryWeight: 10, since: T0 }) });
  const decision = decide(observed, T0 + 13_000);
  assert.deepEqual([decision.before, decision.after], [[], []]);
  assert.deepEqual([decision.status.run?.weight.set, decision.status.run?.checks.length], [10, 1]);
  const next = decide({ ...observed, status: decision.status, effects: new Map() }, T0 + 23_000);
  assert.deepEqual(shown(next).effects, [`measure/v2-1/2/${T0 + 23_000}`]);
});

test('a run that fails is rolled back while there is a problem; Git hears of it when that is put right', () => {
  const run = aShiftedRun(2, 10);
  const effects = answered(run, T0 + 13_000, [aCheck('fail')]);
  const observed = aRunning(run, {
    problems: [PROBLEM],
    effects,
    git: GIT_ON,
    route: aRoute({ canaryWeight: 10, since: T0 }),
    status: { failedChecks: 1 },
  });
  const decision = decide(observed, T0 + 13_000);
  assert.deepEqual(shown(decision).before, ['setRoute 0 v2-1/RolledBack/ThresholdReached']);
  const later = { ...observed, status: decision.status, effects: new Map() };
  assert.deepEqual(shown(decide(later, T0 + 14_000)).effects, []);
  assert.deepEqual(shown(decide({ ...later, problems: [] }, T0 + 14_000)).effects, ['commit/…']);
});

test('a run that nobody wants any more ends while there is a problem, and no other begins', () => {
  const observed = aRunning(aShiftedRun(2, 10), {
    problems: [PROBLEM],
    target: { uid: 'uid-t', deleting: false, replicas: 0, readyReplicas: 0, revision: aRevision('v3') },
  });
  const decision = decide(observed, T0 + 5_000);
  assert.deepEqual([shown(decision).before, shown(decision).after], [['setRoute 0 v2-1/Superseded'], []]);
});

test('a canary without a ready pod gets no traffic while there is a problem', () => {
  const observed = aRunning(aShiftedRun(2, 10), {
    problems: [PROBLEM],
    side: aWorkload('v2', { endpoints: 0, ready: false }),
  });
  assert.match(shown(decide(observed, T0 + 5_000)).before.join(), /^setRoute 0 v2-1\/restart/);
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
  const said = (status: CanaryStatus): string | undefined =>
    decide({ ...observed, status }, T0).status.conditions.find(({ type }) => type === 'Stalled')?.message;
  const { adopted: _adopted, stable: _stable, ...fresh } = observed.status;
  assert.equal(
    said(fresh),
    'spec.targetRef: Deployment shop/podinfo does not exist: create it, or name another in spec.targetRef',
  );
  assert.equal(
    said(observed.status),
    'spec.targetRef: Deployment shop/podinfo does not exist: create it again, or delete this Canary',
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
