import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GateStatus, RunStatus } from '#src/api/canary-status.ts';
import {
  atGate,
  gateAhead,
  gatesLater,
  hasCome,
  nextGate,
  waitingGate,
  wasLetThrough,
} from '#src/rollout/hooks/gates.ts';
import { timeText } from '#src/rollout/time.ts';
import { aRun, aShiftedRun, SPEC, T0 } from '../an-observed.ts';
import { aHook, hooked } from './a-hook.ts';

const first = aHook('first', 'confirm-rollout');
const second = aHook('second', 'confirm-rollout');
const more = aHook('more', 'confirm-traffic-increase');
const last = aHook('last', 'confirm-promotion', { deadline: '2h' });
const { spec } = hooked([first, second, more, last, aHook('load')]).canary;

const decided = (run: RunStatus, state: GateStatus['state']): RunStatus => ({
  ...run,
  gates: (run.gates ?? []).map((gate) => (gate.state === 'Waiting' ? { ...gate, state } : gate)),
});

test('gates of one moment have their turn one after the other, and stay open for the run', () => {
  const waiting = atGate(aRun(), first, T0);
  assert.equal(nextGate(spec, aRun(), 'confirm-rollout')?.name, 'first');
  assert.equal(nextGate(spec, waiting, 'confirm-rollout')?.name, 'first');
  for (const state of ['Open', 'Approved'] as const) {
    assert.equal(nextGate(spec, decided(waiting, state), 'confirm-rollout')?.name, 'second');
  }
  for (const state of ['Rejected', 'Expired'] as const) {
    assert.equal(nextGate(spec, decided(waiting, state), 'confirm-rollout')?.name, 'first');
  }
});

test('a gate is come to once, and waited for until its own deadline', () => {
  const run = atGate(aShiftedRun(4, 50), last, T0 + 5_000);
  assert.deepEqual(run.gates, [
    {
      name: 'last',
      type: 'confirm-promotion',
      step: 4,
      since: timeText(T0 + 5_000),
      state: 'Waiting',
      deadline: timeText(T0 + 5_000 + 7_200_000),
    },
  ]);
  assert.equal(atGate(run, last, T0 + 60_000), run);
  assert.equal(atGate(aRun(), first, T0).gates?.[0]?.deadline, timeText(T0 + 86_400_000), 'a day when it says nothing');
});

test("what stands ahead: a gate before more of the users' requests, another before the promotion", () => {
  assert.equal(gateAhead(spec, aRun())?.name, 'more');
  assert.equal(gateAhead(spec, aShiftedRun(1, 5))?.name, 'more');
  assert.equal(gateAhead(spec, aShiftedRun(4, 50))?.name, 'last');
  const { analysis } = SPEC;
  const mirrored = hooked([more], aRun()).canary.spec;
  const withMirror = { ...mirrored, analysis: { ...mirrored.analysis, mirror: true } };
  assert.equal(gateAhead(withMirror, aRun()), undefined, 'a copy of the requests reaches no user');
  assert.equal(gateAhead(withMirror, { ...aRun(), step: 1 })?.name, 'more');
  const { stepWeights: _steps, ...rest } = analysis as { stepWeights?: unknown };
  const blueGreen = { ...mirrored, analysis: { ...mirrored.analysis, ...rest, stepWeights: undefined, iterations: 3 } };
  assert.equal(gateAhead(blueGreen, aRun()), undefined);
  assert.equal(gateAhead(blueGreen, { ...aRun(), step: 1 })?.name, 'more', 'all traffic at once is more traffic');
});

test('a gate before more traffic counts for the weight that stands, and is asked anew when it comes again', () => {
  const open = decided(atGate(aShiftedRun(1, 5), more, T0 + 10_000), 'Open');
  assert.equal(gateAhead(spec, open), undefined);
  assert.ok(wasLetThrough(spec, open));
  const raised: RunStatus = { ...open, step: 2, weight: { set: 10, since: timeText(T0 + 10_000) } };
  assert.equal(gateAhead(spec, raised)?.name, 'more', 'also in the same millisecond');
  assert.ok(!hasCome(raised, more));
  const back: RunStatus = { ...open, weight: { set: 5, since: timeText(T0 + 90_000) } };
  assert.equal(gateAhead(spec, back)?.name, 'more');
  assert.ok(!wasLetThrough(spec, back));
});

test('a clock that was set back does not make a gate count for the weight before', () => {
  const run = atGate(aShiftedRun(1, 5), more, T0 - 60_000);
  assert.equal(run.gates?.[0]?.since, timeText(T0));
  assert.ok(hasCome(run, more));
});

test('time that does not count moves the deadline of the gate that is waited for, and of no other', () => {
  const run = atGate(decided(atGate(aRun(), first, T0), 'Open'), second, T0);
  const later = gatesLater(run, 90_000);
  assert.deepEqual(
    later.gates?.map(({ deadline }) => deadline),
    [timeText(T0 + 86_400_000), timeText(T0 + 86_400_000 + 90_000)],
  );
  const none = decided(run, 'Approved');
  assert.equal(gatesLater(none, 90_000), none);
});

test('a run that is over waits at no gate', () => {
  const run = atGate(aRun(), first, T0);
  assert.equal(waitingGate(run)?.name, 'first');
  assert.equal(waitingGate({ ...run, outcome: 'Superseded' }), undefined);
});

test('as many gates are kept as a status has room for', () => {
  let run = aShiftedRun(1, 5);
  for (let step = 1; step <= 100; step++) {
    const at: RunStatus = { ...run, step, weight: { set: step, since: timeText(T0 + step) } };
    run = decided(atGate(at, more, T0 + step), 'Open');
  }
  assert.equal(run.gates?.length, 40);
  assert.equal(run.gates?.at(-1)?.step, 100);
});
