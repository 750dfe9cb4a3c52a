import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckStatus, HookStatus, OutboxStatus } from '#src/api/canary-status.ts';
import { boundStatus, STATUS_LIMIT } from '#src/rollout/bound-status.ts';
import { CAPS } from '#src/rollout/limits.ts';
import { timeText } from '#src/rollout/time.ts';
import { aCheck, aHistory, aRevision, aShiftedRun, aStatus, T0 } from './an-observed.ts';

const times = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, i) => make(i));

test('a status that fits is the very same', () => {
  const status = aStatus({ run: aShiftedRun(2, 10) });
  assert.equal(boundStatus(status), status);
});

test('the largest status that can come together still fits, and keeps what the run needs', () => {
  const name = 'n'.repeat(63);
  const check = (index: number): CheckStatus =>
    aCheck('fail', { name: `${name.slice(3)}${index}`, message: 'm'.repeat(CAPS.text), query: 'q'.repeat(CAPS.text) });
  const entry = (index: number): OutboxStatus => ({
    id: `${index}`.padStart(64, '0'),
    kind: 'message',
    topic: 'outcome',
    run: name,
    provider: `${name}/${name}`,
    state: index % 2 === 0 ? 'Pending' : 'Refused',
    attempts: 0,
    result: 'r'.repeat(CAPS.text),
    since: timeText(T0),
  });
  const answered = (index: number): HookStatus => ({
    name: `${name.slice(3)}${index}`,
    type: 'confirm-traffic-increase',
    at: timeText(T0),
    calls: index,
    passed: false,
    detail: 'd'.repeat(170),
  });
  const history = times(CAPS.historyWithPending, (index) => ({
    hooks: times(CAPS.hooks, answered),
    id: `${name}-${index}`,
    revision: name,
    previous: name,
    images: aRevision(name).images,
    previousImages: aRevision(name).images,
    hash: 'h'.repeat(64),
    outcome: 'RolledBack' as const,
    sentence: 's'.repeat(CAPS.sentence),
    startedAt: timeText(T0),
    endedAt: timeText(T0),
  }));
  const run = aShiftedRun(2, 10, {
    checks: times(50, check),
    kept: times(CAPS.keptChecks, check),
    steps: times(CAPS.steps, (index) => ({ index, weight: index, from: timeText(T0), to: timeText(T0) })),
    hooks: times(CAPS.hooks, answered),
    gates: times(CAPS.gates, (index) => ({
      name: `${name.slice(3)}${index}`,
      type: 'confirm-traffic-increase' as const,
      step: index === CAPS.gates - 1 ? 2 : index + 3,
      since: timeText(T0),
      at: timeText(T0),
      deadline: timeText(T0),
      state: index === CAPS.gates - 1 ? ('Waiting' as const) : ('Approved' as const),
      by: 'alice@example.com',
      reason: 'r'.repeat(170),
    })),
  });
  const status = boundStatus(aStatus({ run, history, outbox: times(CAPS.outbox, entry) }));
  assert.ok(JSON.stringify(status).length <= STATUS_LIMIT, `${JSON.stringify(status).length}`);
  assert.equal(status.run?.weight.set, 10);
  assert.deepEqual(
    status.run?.gates?.map(({ state, reason }) => [state, reason]),
    [['Waiting', 'r'.repeat(170)]],
    'what is waited for, and that it was told',
  );
  assert.equal(status.outbox.filter(({ state }) => state === 'Pending').length, CAPS.outbox / 2);
  assert.equal(status.history[0]?.id, `${name}-0`);
});

test('what hooks have answered after the last run is kept longer than what they have after others', () => {
  const hooks = times(CAPS.hooks, (index) => ({
    name: `hook-${index}`,
    type: 'post-rollout' as const,
    at: timeText(T0),
    calls: 1,
    passed: true,
    detail: 'd'.repeat(170),
  }));
  const history = times(CAPS.history, (index) => aHistory({ id: `v2-${index}`, hooks }));
  const status = boundStatus(aStatus({ history }));
  assert.ok(JSON.stringify(status).length <= STATUS_LIMIT);
  assert.deepEqual(
    status.history.map((run) => run.hooks?.length ?? 0),
    [CAPS.hooks, ...times(CAPS.history - 1, () => 0)],
  );
});
