import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunStatus } from '#src/api/canary-status.ts';
import { decide } from '#src/rollout/decide.ts';
import { timeText } from '#src/rollout/time.ts';
import { aCheck, answered, aRoute, aRun, aRunning, aShiftedRun, aWorkload, GIT_ON, T0 } from '../an-observed.ts';
import { shown } from '../shown.ts';
import { anAction, asking, decided, echoes, NOW, withoutSide } from './an-action.ts';

const run = aShiftedRun(3, 25);

test('pause holds the run with who and why; resume lets it go on, and the time does not count against it', () => {
  const waiting = aRun({ deadline: timeText(T0 + 600_000) });
  const first = decided(asking(withoutSide(waiting), anAction({ verb: 'pause', reason: 'lunch' })));
  assert.deepEqual(first.status.run?.paused, { since: timeText(NOW), by: 'alice@example.com', reason: 'lunch' });
  assert.deepEqual(
    first.events.map(({ reason, note }) => `${reason}: ${note}`),
    ['Paused: Run v2-1 is paused at 0 % by alice@example.com: lunch'],
  );
  const paused = { ...withoutSide(waiting), status: first.status };
  const twice = decide(asking(paused, anAction({ name: 'two', verb: 'pause', requestedBy: 'bob' })), NOW + 1_000);
  assert.deepEqual(echoes(twice), [
    'Refused: Cannot pause podinfo: alice@example.com has paused run v2-1 already: lunch',
  ]);
  const resumed = decide(asking(paused, anAction({ name: 'three', verb: 'resume' })), NOW + 1_800_000);
  assert.equal(resumed.status.run?.paused, undefined);
  assert.equal(resumed.status.run?.deadline, timeText(T0 + 2_400_000));
  assert.deepEqual(
    resumed.events.map(({ reason }) => reason),
    ['Resumed'],
  );
  assert.deepEqual(
    resumed.status.run?.actions?.map(({ verb, by }) => `${verb} ${by}`),
    ['pause alice@example.com', 'resume alice@example.com'],
  );
});

test('approve opens the gate that waits, for this time; reject shuts it', () => {
  const gate = { name: 'check', type: 'confirm-traffic-increase', since: timeText(T0) } as const;
  const at = (state: 'Open' | 'Waiting', step: number) => ({ ...gate, state, step, reason: '403' });
  const gated: RunStatus = { ...run, gates: [at('Open', 1), at('Waiting', 3)] };
  const approve = anAction({ verb: 'approve', gate: 'check', reason: 'looks well' });
  const approved = decided(asking(aRunning(gated), approve));
  assert.deepEqual(approved.status.run?.gates, [
    at('Open', 1),
    {
      ...gate,
      step: 3,
      state: 'Approved',
      at: timeText(NOW),
      by: 'alice@example.com',
      reason: 'looks well',
    },
  ]);
  assert.deepEqual(
    approved.events.filter(({ reason }) => reason === 'Approved').map(({ note }) => note),
    ['Gate "check" of run v2-1 is approved by alice@example.com: looks well'],
  );
  const rejected = decide(asking(aRunning(gated), anAction({ verb: 'reject', gate: 'check' })), NOW);
  const decision = rejected.status.run?.gates?.at(-1);
  assert.deepEqual([decision?.state, decision?.by, decision?.reason], ['Rejected', 'alice@example.com', undefined]);
});

test('promote and promote --full end a pause, and are noted for what follows', () => {
  const paused: RunStatus = { ...run, paused: { since: timeText(T0 + 5_000), by: 'bob' } };
  const step = decided(asking(aRunning(paused), anAction({ verb: 'promote' })));
  assert.deepEqual(echoes(step), ['Done: Run v2-1 goes on from 25 % to its next step']);
  const full = decide(asking(aRunning(paused), anAction({ verb: 'promoteFull', reason: 'hotfix' })), NOW);
  assert.deepEqual(echoes(full), [
    'Done: Run v2-1 is promoted without further analysis as soon as podinfo-canary is ready',
  ]);
  assert.equal(full.status.run?.fast, 'hotfix (alice@example.com)');
  for (const { status } of [step, full]) assert.equal(status.run?.paused, undefined);
});

const promoteAction = anAction({ verb: 'promote', reason: 'seen enough' });

test('promote raises the weight in the very decision, and notes that the step was not judged', () => {
  const decision = decided(asking(aRunning(run), promoteAction));
  assert.deepEqual(shown(decision).after.slice(0, 1), ['setRoute 50']);
  const { run: after } = decision.status;
  assert.deepEqual([after?.step, after?.weight.set, after?.advance], [4, 50, undefined]);
  assert.equal(after?.skipped, 'not judged at 25 %: seen enough (alice@example.com)');
});

test('promote after windows that have passed skips nothing', () => {
  const passed: RunStatus = { ...run, windowEnd: timeText(T0 + 13_000), paused: { since: timeText(T0), by: 'bob' } };
  const { status } = decide(asking(aRunning(passed), promoteAction), NOW);
  assert.deepEqual([status.run?.step, status.run?.skipped], [4, undefined]);
});

test('promote ends a hold for want of evidence, on the word of a person', () => {
  const held: RunStatus = {
    ...run,
    windowEnd: timeText(T0 + 13_000),
    noDataSince: timeText(T0),
    consecutiveNoData: 61,
    held: 'No evidence for 10 min',
  };
  const { status } = decide(asking(aRunning(held), promoteAction), NOW);
  const { step, held: still, noDataSince, skipped } = status.run ?? assert.fail();
  assert.deepEqual([step, still, noDataSince], [4, undefined, undefined]);
  assert.match(skipped ?? '', /^not judged at 25 %/);
});

test('promote at the last step promotes, and the outcome says that not all was judged', () => {
  const last = aShiftedRun(4, 50);
  const { status, events } = decide(asking(aRunning(last), promoteAction), NOW);
  assert.deepEqual([status.run?.stage, events.at(-1)?.reason], ['promoting', 'Promoting']);
  assert.equal(status.run?.fast, 'not judged at 50 %: seen enough (alice@example.com)');
  const returning: RunStatus = {
    ...(status.run ?? assert.fail()),
    stage: 'returning',
    weight: { set: 0, since: timeText(NOW) },
  };
  const over = decide(
    aRunning(returning, { primary: aWorkload('v2'), route: aRoute({ since: T0 }) }),
    NOW + 60_000,
  ).status;
  assert.equal(over.history[0]?.outcome, 'FastPromoted');
  assert.equal(over.history[0]?.requestedBy, 'alice@example.com');
});

test('promote waits for a canary that is large enough, and a failed window in between takes it back', () => {
  const small = aRunning(run, { side: aWorkload('v2', { replicas: 1 }) });
  const { status } = decide(asking(small, promoteAction), NOW);
  assert.deepEqual([status.run?.step, status.run?.advance], [3, 'alice@example.com']);
  const effects = answered(run, T0 + 13_000, [aCheck('fail')]);
  const failed = decide({ ...small, status, effects }, NOW);
  assert.deepEqual([failed.status.run?.advance, failed.status.run?.consecutiveFailed], [undefined, 1]);
});

test('abort of a promotion under way takes the traffic from the canary and the primary back, then ends the run', () => {
  const promoting: RunStatus = { ...aShiftedRun(4, 50), stage: 'promoting', deadline: timeText(T0 + 600_000) };
  const mixed = aWorkload('v2', { ready: false });
  const first = decided(asking(aRunning(promoting, { primary: mixed, git: GIT_ON }), anAction({ reason: 'leak' })));
  assert.deepEqual(shown(first).before, ['setRoute 0']);
  assert.deepEqual(echoes(first), [
    'Done: Run v2-1 is aborted by alice@example.com: leak; podinfo-primary goes back to revision v1',
  ]);
  assert.equal(first.status.run?.outcome, undefined);
  const route = aRoute({ canaryWeight: 0, since: NOW });
  const second = decide({ ...aRunning(promoting, { primary: mixed, route }), status: first.status }, NOW + 1_000);
  assert.deepEqual(shown(second).after, ['applyPrimary v1 x4']);
  const third = decide({ ...aRunning(promoting, { route, git: GIT_ON }), status: second.status }, NOW + 9_000);
  assert.equal(third.status.run?.sentence, 'Aborted after 30 s: leak (alice@example.com)');
  assert.deepEqual([third.status.run?.outcome, third.status.stable?.revision], ['Aborted', 'v1']);
  assert.equal(third.status.outbox[0]?.kind, 'revert');
  const again = decide(asking({ ...aRunning(promoting), status: first.status }, anAction({ name: 'two' })), NOW);
  assert.deepEqual(echoes(again), ['Refused: Cannot abort podinfo: podinfo-primary is going back to v1 already']);
});

test('abort of a promotion leaves all traffic at the canary while the primary lacks pods', () => {
  const all: RunStatus = { ...aShiftedRun(5, 100), stage: 'promoting', deadline: timeText(T0 + 600_000) };
  const primary = aWorkload('v2', { ready: false, endpoints: 1, keepsCapacity: false });
  const decision = decide(asking(aRunning(all, { primary }), anAction()), NOW);
  assert.deepEqual([decision.before, decision.status.run?.weight.set], [[], 100]);
  assert.deepEqual(shown(decision).after.slice(0, 1), ['applyPrimary v1 x4']);
});
