import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunStatus } from '#src/api/canary-status.ts';
import { askGates } from '#src/rollout/hooks/ask-gates.ts';
import { atGate } from '#src/rollout/hooks/gates.ts';
import { timeText } from '#src/rollout/time.ts';
import { aRun, T0 } from '../an-observed.ts';
import { aHook, answeredAt, hooked, keysOf, knowing, running } from './a-hook.ts';

const qa = aHook('qa', 'confirm-rollout');
const waiting = atGate(aRun(), qa, T0);
const alerts = [{ provider: 'shop/slack', severity: 'info' }] as const;
const observed = hooked([qa], waiting, { alerts });
const key = (ms: number): string => `hook/v2-1/2:qa/${T0 + ms}`;
/** The gate has been told of and is asked on. */
const told: RunStatus = {
  ...waiting,
  gates: waiting.gates?.map((gate) => ({ ...gate, reason: 'HTTP 403: Forbidden' })) ?? [],
  hooks: [
    { name: 'qa', type: 'confirm-rollout', at: timeText(T0), calls: 1, passed: false, detail: 'HTTP 403: Forbidden' },
  ],
};

test('is asked at once and then in every interval, under the same key for the same time', () => {
  for (const [now, due, next] of [
    [0, 0, 10_000],
    [9_999, 0, 10_000],
    [10_000, 10_000, 20_000],
    [37_123, 30_000, 40_000],
    [-5_000, 0, 10_000],
  ] as const) {
    const asked = askGates(observed, T0 + now, waiting);
    assert.deepEqual(keysOf(asked.effects), [key(due)], `${now}`);
    assert.equal(asked.wakeAt, T0 + next);
  }
});

test('a call that takes longer than an interval is not cut short by the next', () => {
  const seen = knowing(observed, { [key(0)]: running });
  assert.deepEqual(keysOf(askGates(seen, T0 + 25_000, waiting).effects), [key(0)]);
  const heard = knowing(observed, { [key(0)]: answeredAt(T0 + 24_000, false) });
  assert.deepEqual(keysOf(askGates(heard, T0 + 25_000, waiting).effects), [key(20_000)]);
});

test('the first no is told, as an event and to people; the next ones change nothing', () => {
  const seen = knowing(observed, { [key(0)]: answeredAt(T0 + 10, false) });
  const asked = askGates(seen, T0 + 10, waiting);
  assert.deepEqual(asked.events, [
    { reason: 'GateWaiting', note: 'Run v2-1 waits for gate "qa" (confirm-rollout): HTTP 403: Forbidden' },
  ]);
  assert.deepEqual(
    asked.status.outbox.map(({ kind, topic, run }) => [kind, topic, run]),
    [['message', 'gate', 'v2-1']],
  );
  assert.equal(asked.run.gates?.[0]?.reason, 'HTTP 403: Forbidden');
  assert.equal(asked.run.gates?.[0]?.state, 'Waiting');
  assert.deepEqual(keysOf(asked.effects), [key(0)], 'remembered until it is time again');
  const again = askGates(knowing(observed, { [key(10_000)]: answeredAt(T0 + 10_010, false) }), T0 + 10_010, told);
  assert.equal(again.run, told);
  assert.deepEqual([again.events, again.status.outbox], [[], []]);
});

test('another no is noted, and not told again', () => {
  const seen = knowing(observed, { [key(10_000)]: answeredAt(T0 + 10_010, false, 'cannot be reached: ECONNREFUSED') });
  const asked = askGates(seen, T0 + 10_010, told);
  assert.equal(asked.run.gates?.[0]?.reason, 'cannot be reached: ECONNREFUSED');
  assert.equal(asked.run.hooks?.[0]?.calls, 2);
  assert.equal(asked.run.hooks?.[0]?.failures, undefined, 'not yet is no failure');
  assert.deepEqual([asked.events, asked.status.outbox], [[], []]);
});

test('a yes opens it, and it is asked no more', () => {
  const seen = knowing(observed, { [key(0)]: answeredAt(T0 + 10, true) });
  const asked = askGates(seen, T0 + 20, waiting);
  assert.deepEqual(
    asked.run.gates?.map(({ state, at, reason }) => [state, at, reason]),
    [['Open', timeText(T0 + 10), 'HTTP 200']],
  );
  assert.deepEqual(asked.events, [
    { reason: 'GateOpened', note: 'Gate "qa" (confirm-rollout) of run v2-1 is open: HTTP 200' },
  ]);
  assert.deepEqual([asked.effects, asked.wakeAt], [[], undefined]);
  assert.deepEqual(askGates(observed, T0 + 60_000, asked.run).effects, []);
});

test('a yes that is seen after the deadline, and has come before it, counts', () => {
  const end = T0 + 86_400_000;
  const seen = knowing(observed, { [`hook/v2-1/2:qa/${end}`]: answeredAt(end - 1, true) });
  assert.equal(askGates(seen, end + 5, waiting).run.gates?.[0]?.state, 'Open');
});

test('its deadline ends the run, but not while a person must put something right first', () => {
  const end = T0 + 86_400_000;
  const asked = askGates(observed, end, told);
  assert.deepEqual(asked.ending, {
    outcome: 'RolledBack',
    cause: 'DeadlineExceeded',
    reason: 'gate "qa" (confirm-rollout) was not opened within 24 h: HTTP 403: Forbidden',
  });
  assert.equal(asked.run.gates?.[0]?.state, 'Expired');
  const problems = [{ where: 'spec', message: 'is wrong', reason: 'InvalidSpec' }] as const;
  assert.equal(askGates({ ...observed, problems }, end, told).ending, undefined);
});

test('a person has the last word', () => {
  const by = (state: 'Approved' | 'Rejected'): RunStatus => ({
    ...waiting,
    gates: waiting.gates?.map((gate) => ({ ...gate, state, by: 'alice', reason: 'as agreed' })) ?? [],
  });
  const approved = askGates(knowing(observed, { [key(0)]: answeredAt(T0 + 10, false) }), T0 + 10, by('Approved'));
  assert.deepEqual([approved.ending, approved.effects, approved.events], [undefined, [], []]);
  assert.deepEqual(askGates(observed, T0 + 10, by('Rejected')).ending, {
    outcome: 'Aborted',
    cause: 'OperatorAbort',
    reason: 'gate "qa" was rejected by alice: as agreed',
  });
});

test('without an address nothing is called: it is told at once that a person has to open it', () => {
  const { url: _url, ...manual } = qa;
  const asked = askGates(hooked([manual], waiting, { alerts }), T0, waiting);
  assert.deepEqual(asked.effects, []);
  assert.deepEqual(
    asked.events.map(({ note }) => note),
    ['Run v2-1 waits for gate "qa" (confirm-rollout): a person has to open it'],
  );
  assert.equal(asked.wakeAt, T0 + 86_400_000);
  assert.deepEqual(askGates(hooked([manual], asked.run, { alerts }), T0 + 1, asked.run).events, []);
});

test('a muted gate is told as an event alone', () => {
  const muted = hooked([{ ...qa, muteAlert: true }], waiting, { alerts });
  const asked = askGates(knowing(muted, { [key(0)]: answeredAt(T0 + 10, false) }), T0 + 10, waiting);
  assert.equal(asked.events.length, 1);
  assert.deepEqual(asked.status.outbox, []);
});

test('a paused run asks nothing and loses no time', () => {
  const paused: RunStatus = { ...told, paused: { since: timeText(T0) } };
  const asked = askGates(observed, T0 + 100_000_000, paused);
  assert.deepEqual([asked.effects, asked.ending, asked.wakeAt], [[], undefined, undefined]);
});

test('a gate that the Canary asks for no longer is no gate', () => {
  const asked = askGates(hooked([aHook('other', 'confirm-rollout')], told), T0 + 5, told);
  assert.deepEqual(
    asked.run.gates?.map(({ state, reason }) => [state, reason]),
    [['Open', 'the Canary asks for it no longer']],
  );
  assert.deepEqual([asked.effects, asked.events], [[], []]);
});
