import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#src/rollout/decide.ts';
import { aRoute, aRun, aRunning, aWorkload, SPEC, T0 } from '../an-observed.ts';
import { NOTHING, shown } from '../shown.ts';

const run = aRun();

test('the template is stored, then the canary gets the size of the first weight', () => {
  const { side: _side, ...unpinned } = aRunning(run, { pinned: ['v1'] });
  assert.deepEqual(shown(decide(unpinned, T0)).after, ['pinRevision v2']);
  const { side: _none, ...pinned } = aRunning(run);
  assert.deepEqual(shown(decide(pinned, T0)).after, ['applyCanary v2 x1']);
  const full = {
    ...aRunning(run, { spec: { ...SPEC, canaryReplicas: 'full' } }),
    side: aWorkload('v2', { replicas: 1 }),
  };
  assert.deepEqual(shown(decide(full, T0)).after, ['applyCanary v2 x4']);
});

test("a superseded run's canary gets the new template", () => {
  const observed = aRunning(run, { side: aWorkload('v0', { replicas: 3 }) });
  assert.deepEqual(shown(decide(observed, T0)).after, ['applyCanary v2 x1']);
});

test('a canary that is being deleted is applied again', () => {
  const observed = aRunning(run, { side: aWorkload('v2', { deleting: true }) });
  assert.deepEqual(shown(decide(observed, T0)).after, ['applyCanary v2 x1']);
});

test('no weight before the canary is ready and seen by the plane', () => {
  for (const parts of [{ ready: false }, { endpoints: 0 }, { deleting: true }]) {
    const decision = decide(aRunning(run, { side: aWorkload('v2', { replicas: 1, ...parts }) }), T0);
    assert.equal(decision.status.run?.weight.set, 0);
    assert.ok(!shown(decision).after.some((action) => action.startsWith('setRoute')));
    assert.equal(decision.wakeAt, T0 + 600_000);
  }
});

test('the first weight: intent in status, then the route, and the canary grows for the second one', () => {
  const observed = aRunning(run, {
    side: aWorkload('v2', { replicas: 1 }),
    spec: { ...SPEC, analysis: { ...SPEC.analysis, stepWeights: [20, 60] } },
  });
  const decision = decide(observed, T0 + 5_000);
  assert.deepEqual(shown(decision), {
    ...NOTHING,
    after: ['setRoute 20', 'applyCanary v2 x3'],
    events: ['WeightChanged'],
  });
  assert.equal(decision.events[0]?.note, 'Weight 0% -> 20% (step 1/2)');
  assert.equal(decision.status.canaryWeight, 20);
  assert.equal(decision.status.run?.deadline, undefined);
});

test('a canary that does not become ready is rolled back with the reason of its pod', () => {
  const side = aWorkload('v2', { ready: false, endpoints: 0, waiting: 'Pod podinfo-canary-x: CrashLoopBackOff' });
  const decision = decide(aRunning(run, { side }), T0 + 600_000);
  assert.deepEqual([decision.status.run?.outcome, decision.status.run?.cause], ['RolledBack', 'DeadlineExceeded']);
  assert.equal(
    decision.status.run?.sentence,
    'Rolled back after 10 min: podinfo-canary was not ready within 600 s: Pod podinfo-canary-x: CrashLoopBackOff',
  );
  const gaveUp = decide(aRunning(run, { side: { ...side, deadlineExceeded: true } }), T0 + 1);
  assert.equal(gaveUp.status.run?.cause, 'DeadlineExceeded');
});

test('a canary that the API server refuses is rolled back with the words of that', () => {
  const { side: _side, ...none } = aRunning(run, {
    refused: { reason: 'AccessDenied', note: 'exceeded quota', action: 'applyCanary' },
  });
  const decision = decide(none, T0 + 600_000);
  assert.match(decision.status.run?.sentence ?? '', /not ready within 600 s: exceeded quota$/);
});

test('the time in which only a person could help does not count against the deadline', () => {
  const { side: _side, ...pinned } = aRunning(run);
  const problem = { where: 'spec', message: 'x', reason: 'InvalidSpec' } as const;
  const stalled = decide({ ...pinned, problems: [problem] }, T0 + 60_000);
  const mended = decide({ ...pinned, status: stalled.status }, T0 + 660_000);
  assert.deepEqual(shown(mended).after, ['applyCanary v2 x1']);
  assert.equal(mended.wakeAt, T0 + 1_200_000);
  const again = decide({ ...pinned, status: mended.status }, T0 + 700_000);
  assert.equal(again.wakeAt, T0 + 1_200_000, 'it is given once');
  assert.equal(decide({ ...pinned, status: again.status }, T0 + 1_200_000).status.run?.outcome, 'RolledBack');
});

test('a route that is never accepted ends the run before it gets traffic', () => {
  const route = aRoute({ acceptance: 'refused', detail: 'no listener' });
  const decision = decide(aRunning(run, { route }), T0 + 600_000);
  assert.equal(decision.status.run?.cause, 'RouteNotObserved');
  assert.match(decision.status.run?.sentence ?? '', /no listener/);
});
