import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition } from '#src/api/canary-status.ts';
import { decide } from '#src/rollout/decide.ts';
import type { Observed, TargetView } from '#src/rollout/observed.ts';
import { anObserved, aRoute, aRunning, aShiftedRun, askedInVain, aWorkload, T0 } from './an-observed.ts';

const conditionOf = (observed: Observed, type: Condition['type']): Pick<Condition, 'status' | 'reason' | 'message'> => {
  const found = decide(observed, T0).status.conditions.find((condition) => condition.type === type);
  assert.ok(found);
  const { status, reason, message } = found;
  return { status, reason, message };
};

const PAUSED: TargetView = {
  uid: 'uid-t',
  deleting: false,
  replicas: 0,
  readyReplicas: 0,
  waiting: 'Deployment shop/podinfo is paused: set spec.paused to false',
  isStuck: true,
};

test('what keeps a pushed version from being run is told as Stalled and once as an event; what serves is Ready', () => {
  const observed = anObserved({ target: PAUSED });
  const note = 'No run can start: Deployment shop/podinfo is paused: set spec.paused to false';
  assert.deepEqual(conditionOf(observed, 'Stalled'), { status: 'True', reason: 'Held', message: note });
  assert.equal(conditionOf(observed, 'Ready').status, 'True');
  const first = decide(observed, T0);
  assert.deepEqual(first.events, [{ reason: 'Held', note }]);
  assert.deepEqual(decide({ ...observed, status: first.status }, T0 + 1_000).events, []);
});

test('what Kubernetes is still about to do is nothing to act on', () => {
  const { isStuck: _, ...target } = PAUSED;
  const observed = anObserved({ target });
  assert.equal(conditionOf(observed, 'Stalled').status, 'False');
  assert.deepEqual(decide(observed, T0).events, []);
});

test('a Canary that is wrong, deleted or held says so, and not what is stuck besides', () => {
  const problem = { where: 'spec', message: 'x', reason: 'InvalidSpec' } as const;
  assert.equal(conditionOf(anObserved({ target: PAUSED, problems: [problem] }), 'Stalled').message, 'spec: x');
  assert.equal(conditionOf(anObserved({ target: PAUSED, canary: { deleting: true } }), 'Stalled').status, 'False');
  const held = aRunning(aShiftedRun(2, 10, { held: 'No evidence' }), { target: PAUSED });
  assert.equal(
    conditionOf({ ...held, route: aRoute({ canaryWeight: 10, acceptance: 'refused' }) }, 'Stalled').message,
    'No evidence',
  );
});

test('a take-over says what it waits for, and calls for a person when the plane refuses the route', () => {
  const refused = anObserved({
    status: { phase: 'Initializing' },
    route: aRoute({ acceptance: 'refused', detail: 'Gateway edge: NoMatchingParent' }),
  });
  const text = 'for the route to be accepted: Gateway edge: NoMatchingParent';
  assert.equal(conditionOf(refused, 'Ready').message, `Waiting ${text}`);
  assert.equal(conditionOf(refused, 'Reconciling').status, 'False');
  assert.deepEqual(conditionOf(refused, 'Stalled'), {
    status: 'True',
    reason: 'RouteNotAccepted',
    message: 'The route is not accepted: Gateway edge: NoMatchingParent',
  });
  const pending = { ...refused, route: { ...refused.route, acceptance: 'pending' } as const };
  assert.equal(conditionOf(pending, 'Stalled').status, 'False');
  assert.deepEqual(conditionOf(pending, 'Reconciling'), {
    status: 'True',
    reason: 'Initializing',
    message: `Waiting ${text}`,
  });
});

test('a primary without a ready pod is not Ready, unless the canary has taken everything', () => {
  const primary = aWorkload('v1', { endpoints: 0, ready: false, waiting: '0 of 4 pods ready' });
  assert.deepEqual(conditionOf(anObserved({ primary }), 'Ready'), {
    status: 'False',
    reason: 'PrimaryNotReady',
    message: 'podinfo-primary has no ready pod: 0 of 4 pods ready',
  });
  const half = aRunning(aShiftedRun(4, 50), { primary });
  assert.equal(conditionOf(half, 'Ready').status, 'False');
  const whole = aRunning(aShiftedRun(5, 100, { stage: 'promoting' }), { primary });
  assert.equal(conditionOf(whole, 'Ready').status, 'True');
});

test('a rejected revision that Git asks for in vain calls for a person, so that a health check does not wait for it', () => {
  const observed = askedInVain();
  for (const [type, status] of [
    ['Ready', 'False'],
    ['Stalled', 'True'],
    ['Reconciling', 'False'],
  ] as const) {
    const found = conditionOf(observed, type);
    assert.equal(found.status, status, type);
    if (type !== 'Reconciling') assert.deepEqual([found.reason, /it is bad/.test(found.message)], ['RolledBack', true]);
  }
});
