import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canarySpec } from '#src/api/canary.ts';
import { canaryRunSpec } from '#src/api/canary-run.ts';
import { parseCanaryStatus } from '#src/api/canary-status.ts';
import { decide } from '#src/rollout/decide.ts';
import { cappedHistory, hasEnded, historyEntry, settledPhase } from '#src/rollout/history.ts';
import { CAPS } from '#src/rollout/limits.ts';
import { nextOf } from '#src/rollout/next.ts';
import { recordOf } from '#src/rollout/record.ts';
import { timeText } from '#src/rollout/time.ts';
import { aCheck, anObserved, aRun, aRunning, aShiftedRun, aStatus, SPEC, T0 } from './an-observed.ts';
import { World } from './world.ts';

const ended = (id: string, outcome: 'Promoted' | 'RolledBack' | 'Superseded') => {
  const run = { ...aRun({ id }), outcome, sentence: 'x', endedAt: timeText(T0) };
  assert.ok(hasEnded(run));
  return historyEntry(run, {});
};

test('the phase between runs is that of the last run with a verdict', () => {
  assert.equal(settledPhase([]), 'Initialized');
  assert.equal(settledPhase([ended('a', 'Superseded')]), 'Initialized');
  assert.equal(settledPhase([ended('b', 'Superseded'), ended('a', 'RolledBack')]), 'Failed');
  assert.equal(settledPhase([ended('b', 'Promoted'), ended('a', 'RolledBack')]), 'Succeeded');
});

test('history is capped, but keeps what the outbox still needs', () => {
  const history = Array.from({ length: 30 }, (_, index) => ended(`run-${index}`, 'Promoted'));
  const outbox = [
    { id: 'x', kind: 'record', run: 'run-15', state: 'Pending', attempts: 0, since: timeText(T0) } as const,
    { id: 'y', kind: 'record', run: 'run-16', state: 'Refused', attempts: 1, since: timeText(T0) } as const,
  ];
  const kept = cappedHistory(aStatus({ history, outbox })).map(({ id }) => id);
  assert.deepEqual(kept, [...history.slice(0, CAPS.history).map(({ id }) => id), 'run-15']);
});

test('a run under way leaves every health check alone', () => {
  const { conditions, phase, canaryWeight } = decide(aRunning(aShiftedRun(3, 25)), T0).status;
  assert.deepEqual(
    conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
    [
      'Ready True Progressing',
      'Reconciling False Progressing',
      'Stalled False Progressing',
      'Promoted Unknown Progressing',
    ],
  );
  assert.deepEqual([phase, canaryWeight], ['Progressing', 25]);
});

test('a weight that is held for want of evidence says for want of which', () => {
  const missing = aCheck('error', { message: 'Cannot reach Prometheus at http://prometheus:9090' });
  const run = { ...aShiftedRun(3, 25), checks: [missing], noDataSince: timeText(T0 - 10_000) };
  const { conditions } = decide(aRunning(run), T0).status;
  const words = `Run ${run.id} is held at 25 %: ${missing.name}: Cannot reach Prometheus at http://prometheus:9090`;
  assert.equal(conditions.find(({ type }) => type === 'Ready')?.message, words);
  assert.equal(conditions.find(({ type }) => type === 'Promoted')?.message, words);
});

test('times of transition move with the status of a condition, not with its words', () => {
  const first = decide(anObserved(), T0).status;
  const second = decide(
    {
      ...aRunning(aShiftedRun(3, 25)),
      status: { ...aRunning(aShiftedRun(3, 25)).status, conditions: first.conditions },
    },
    T0 + 5_000,
  ).status;
  const since = (type: string) => second.conditions.find((condition) => condition.type === type)?.lastTransitionTime;
  assert.equal(since('Ready'), timeText(T0));
  assert.equal(since('Promoted'), timeText(T0 + 5_000));
  assert.equal(second.lastTransitionTime, timeText(T0 + 5_000));
});

test('GitSynced stands only where Git is written', () => {
  const types = decide(anObserved(), T0).status.conditions.map(({ type }) => type);
  assert.ok(!types.includes('GitSynced'));
});

test('what comes next is said in every stage', () => {
  const spec = canarySpec.parse(SPEC);
  assert.equal(nextOf(spec, aRun()).action, '5 % once podinfo-canary is ready');
  assert.deepEqual(nextOf(spec, aShiftedRun(3, 25)), {
    at: timeText(T0 + 13_000),
    action: '50 % if the checks hold, rollback if they do not',
  });
  assert.deepEqual(nextOf(spec, aShiftedRun(4, 50, { windowEnd: timeText(T0 + 13_000) })), {
    at: timeText(T0 + 23_000),
    action: 'promotion if the checks hold, rollback if they do not',
  });
  assert.equal(nextOf(spec, aRun({ stage: 'promoting' })).action, 'all traffic to podinfo-primary once it is ready');
  assert.equal(nextOf(spec, aRun({ stage: 'ending' })).action, 'podinfo-canary goes once its traffic has drained');
  assert.equal(nextOf(spec, aRun({ held: 'no data' })).action, 'a person decides: no data');
});

test('the record of a run is what its schema says', () => {
  const run = aShiftedRun(3, 25, {
    outcome: 'RolledBack',
    cause: 'ThresholdReached',
    sentence: 'Rolled back',
    endedAt: timeText(T0 + 60_000),
    checks: [aCheck('fail', { query: 'sum(rate(errors[10s]))' })],
    kept: [aCheck('pass'), aCheck('fail')],
  });
  assert.ok(hasEnded(run));
  const record = recordOf(aRunning(run), run);
  assert.deepEqual(canaryRunSpec.parse(record), record);
  assert.deepEqual(
    record.checks.map(({ query }) => query),
    ['sum(rate(errors[10s]))', 'sum(rate(errors[10s]))'],
  );
  assert.equal(record.provider, 'gatewayapi');
});

test('whatever decide writes is read back by the schema as it is', () => {
  const world = new World({
    happenings: [
      { at: 10_000, type: 'push', revision: 'v2' },
      { at: 90_000, type: 'push', revision: 'v3' },
    ],
    verdicts: { v3: ['pass', 'noData', 'error', 'fail', 'fail'] },
  });
  assert.ok(world.settle());
  assert.deepEqual(
    world.state.outcomes.map(({ outcome }) => outcome),
    ['Promoted', 'RolledBack'],
  );
  for (const { status } of world.decisions) assert.deepEqual(parseCanaryStatus(status), status);
});

test('a whole run is told in the events that people read', () => {
  const world = new World({
    happenings: [{ at: 10_000, type: 'push', revision: 'v2' }],
    verdicts: { v2: ['pass', 'fail'] },
  });
  assert.ok(world.settle());
  assert.deepEqual(
    world.decisions.flatMap(({ events }) => events.map(({ reason, note }) => `${reason}: ${note}`)),
    [
      'Initialized: podinfo-primary serves revision v1; the target runs no pods any more',
      'RevisionDetected: Revision v2 is asked for',
      'RunStarted: Run v2-1 judges v1 → v2',
      'WeightChanged: Weight 0% -> 5% (step 1/4)',
      'WeightChanged: Weight 5% -> 10% (step 2/4)',
      'CheckFailed: request-success-rate 48.2 % is below 99 % at 10% (1 of 2 failed windows)',
      'WeightChanged: Weight 10% -> 25% (step 3/4)',
      'WeightChanged: Weight 25% -> 50% (step 4/4)',
      'Promoting: podinfo-primary gets revision v2, as judged in run v2-1',
      'WeightChanged: Weight 50% -> 0%: podinfo-primary serves revision v2',
      'Promoted: Promoted after 1 min 10 s: every step up to 50 % has passed, request-success-rate 99.9 %',
      'GitWritten: Record of run v2-1 is commit b38921a',
    ],
  );
});

test('a step costs one status write and one route write, and waiting costs nothing', () => {
  const world = new World({ happenings: [{ at: 10_000, type: 'push', revision: 'v2' }] });
  assert.ok(world.settle());
  const raising = world.decisions.filter(({ events }) => events.some(({ note }) => /step [2-4]\/4/.test(note)));
  assert.equal(raising.length, 3);
  for (const { before, after } of raising) {
    const writes = [...before, ...after].filter(({ type }) => type !== 'applyCanary').map(({ type }) => type);
    assert.deepEqual(writes, ['setRoute']);
  }
  // Take-over 2, start, four steps, promotion, return, outcome, end of the run, three messages and a commit noted.
  assert.ok(world.state.statusWrites <= 26, `${world.state.statusWrites} status writes`);
  assert.ok(
    world.state.writes - world.state.statusWrites <= 22,
    `${world.state.writes - world.state.statusWrites} other writes`,
  );
});
