import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#src/rollout/decide.ts';
import { timeText } from '#src/rollout/time.ts';
import {
  aCheck,
  answered,
  aRevision,
  aRoute,
  aRun,
  aRunning,
  aShiftedRun,
  aWorkload,
  GIT_ON,
  T0,
} from '../an-observed.ts';
import { NOTHING, shown } from '../shown.ts';

const targetAt = (revision: string) => ({
  uid: 'uid-t',
  deleting: false,
  replicas: 0,
  readyReplicas: 0,
  revision: aRevision(revision),
});
const run = aShiftedRun(3, 25);

test('a newer push takes the traffic away first, then ends the run as superseded', () => {
  const decision = decide(aRunning(run, { target: targetAt('v3'), git: GIT_ON }), T0 + 20_000);
  assert.deepEqual(shown(decision), {
    ...NOTHING,
    before: ['setRoute 0 v2-1/Superseded'],
    after: ['writeRun v2-1 Superseded'],
    events: ['RevisionDetected', 'Superseded'],
  });
  assert.equal(decision.status.run?.sentence, 'Superseded at 25 % after 20 s: v3 was pushed');
  assert.deepEqual([decision.status.outbox, decision.status.quarantine], [[], []]);
});

test('the new run begins in the very decision in which the old one has drained', () => {
  const ended = decide(aRunning(run, { target: targetAt('v3') }), T0 + 20_000).status;
  const route = aRoute({ canaryWeight: 0, since: T0 + 20_000 });
  const observed = {
    ...aRunning(run, { target: targetAt('v3'), route, recorded: ['v2-1'], pinned: ['v1', 'v2', 'v3'] }),
    status: ended,
  };
  assert.equal(decide(observed, T0 + 22_999).status.run?.id, 'v2-1');
  const next = decide(observed, T0 + 23_000);
  assert.equal(next.status.run?.id, 'v3-2');
  assert.deepEqual(shown(next).after, ['applyCanary v3 x1']);
});

test('desired going back to stable withdraws the run, and the phase is what it was', () => {
  const decision = decide(aRunning(run, { target: targetAt('v1'), git: GIT_ON }), T0 + 20_000);
  assert.deepEqual(shown(decision).before, ['setRoute 0 v2-1/Withdrawn']);
  assert.deepEqual(shown(decision).events, ['Withdrawn']);
  assert.equal(decision.status.phase, 'Initialized');
  assert.deepEqual(decision.status.outbox, []);
});

test('a run without traffic is ended without touching the route', () => {
  const decision = decide(aRunning(aRun(), { target: targetAt('v1') }), T0);
  assert.deepEqual(shown(decision), { ...NOTHING, after: ['writeRun v2-1 Withdrawn'], events: ['Withdrawn'] });
});

test('after a crash between route and status the verdict on the route is taken up, never the weight', () => {
  const stamped = aRoute({ canaryWeight: 0, stamp: 'v2-1/RolledBack/ThresholdReached' });
  const decision = decide(aRunning(run, { route: stamped }), T0 + 20_000);
  assert.deepEqual([decision.status.run?.outcome, decision.status.run?.cause], ['RolledBack', 'ThresholdReached']);
  assert.ok(!shown(decision).after.some((action) => action.startsWith('setRoute')));
});

test('after a refused status write the verdict keeps its numbers', () => {
  const route = aRoute({ canaryWeight: 0, stamp: 'v2-1/RolledBack/ThresholdReached' });
  const effects = answered(run, T0 + 13_000, [aCheck('fail')]);
  const { status } = decide(aRunning(run, { route, effects, status: { failedChecks: 1 } }), T0 + 13_000);
  assert.match(status.run?.sentence ?? '', /48.2 % is below 99 % \(2 of 2 failed windows\)/);
});

test('a step back and a restart are taken up in the same way, and only once', () => {
  const since = timeText(T0);
  const back = decide(aRunning(run, { route: aRoute({ canaryWeight: 5, stamp: `v2-1/back/${since}` }) }), T0 + 20_000);
  assert.deepEqual([back.status.run?.step, back.status.run?.weight.set], [1, 5]);
  const again = decide(
    aRunning(run, { route: aRoute({ canaryWeight: 0, stamp: `v2-1/restart/${since}` }) }),
    T0 + 20_000,
  );
  assert.deepEqual([again.status.run?.stage, again.status.run?.restarts], ['scaling', 1]);
  const older = decide(
    aRunning(run, { route: aRoute({ canaryWeight: 5, stamp: `v2-1/back/${timeText(T0 - 1)}` }) }),
    T0 + 20_000,
  );
  assert.deepEqual(shown(older).after, ['setRoute 25']);
});

test('an ended run is over when its traffic has drained and its record is written', () => {
  const ended = decide(aRunning(run, { target: targetAt('v1') }), T0 + 20_000).status;
  const parts = { target: targetAt('v1'), route: aRoute({ canaryWeight: 0, since: T0 + 20_000 }) };
  const draining = decide({ ...aRunning(run, { ...parts, recorded: ['v2-1'] }), status: ended }, T0 + 21_000);
  assert.deepEqual([shown(draining), draining.wakeAt], [NOTHING, T0 + 23_000]);
  const unrecorded = decide({ ...aRunning(run, parts), status: ended }, T0 + 23_000);
  assert.deepEqual(shown(unrecorded).after, ['writeRun v2-1 Withdrawn']);
  const over = decide({ ...aRunning(run, { ...parts, recorded: ['v2-1'] }), status: ended }, T0 + 23_000);
  assert.equal(over.status.run, undefined);
  assert.deepEqual(shown(over).after, ['deleteCanary', 'collect but v1']);
});

test('the canary outlives a plane that is silent by half a minute, and keeps its pods while it has traffic', () => {
  const ended = decide(aRunning(run, { target: targetAt('v1') }), T0 + 20_000).status;
  const silent = {
    target: targetAt('v1'),
    recorded: ['v2-1'],
    route: aRoute({ canaryWeight: 0, acceptance: 'pending' as const, since: T0 }),
  };
  assert.deepEqual(shown(decide({ ...aRunning(run, silent), status: ended }, T0 + 49_999)).after, []);
  assert.ok(shown(decide({ ...aRunning(run, silent), status: ended }, T0 + 50_000)).after.includes('deleteCanary'));
  const exposed = { ...silent, route: aRoute({ canaryWeight: 25 }), primary: aWorkload('v1', { endpoints: 0 }) };
  assert.deepEqual(shown(decide({ ...aRunning(run, exposed), status: ended }, T0 + 99_000)).after, []);
});
