import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunStatus } from '#src/api/canary-status.ts';
import { decide } from '#src/rollout/decide.ts';
import { timeText } from '#src/rollout/time.ts';
import { aRun, aRunning, aShiftedRun, T0 } from '../an-observed.ts';
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
