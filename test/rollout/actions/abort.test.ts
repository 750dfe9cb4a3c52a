import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#src/rollout/decide.ts';
import { stampText } from '#src/rollout/stamp.ts';
import { timeText } from '#src/rollout/time.ts';
import { aRoute, aRunning, aShiftedRun, GIT_ON } from '../an-observed.ts';
import { shown } from '../shown.ts';
import { anAction, asking, decided, echoes, NOW } from './an-action.ts';

const run = aShiftedRun(3, 25);

test('abort takes all traffic away in the very decision, and rejects the revision as a rollback does', () => {
  const observed = asking(aRunning(run, { git: GIT_ON }), anAction({ reason: 'wrong\n settings' }));
  const decision = decided(observed);
  assert.deepEqual(shown(decision).before, ['setRoute 0 v2-1/Aborted/OperatorAbort']);
  const { status, events } = decision;
  assert.equal(status.run?.sentence, 'Aborted at 25 % after 21 s: wrong settings (alice@example.com)');
  assert.deepEqual(
    events.map(({ reason, note }) => `${reason}: ${note}`),
    [`Aborted: ${status.run?.sentence}`],
  );
  assert.equal(status.phase, 'Failed');
  assert.deepEqual(
    status.outbox.map(({ kind, run: of }) => [kind, of]),
    [['revert', 'v2-1']],
  );
  assert.deepEqual(
    status.quarantine.map(({ revision }) => revision),
    ['v2'],
  );
  const [entry] = status.history;
  assert.deepEqual([entry?.requestedBy, entry?.reason], ['alice@example.com', 'wrong settings']);
  assert.deepEqual(status.run?.actions, [
    {
      name: 'podinfo-abort-1',
      verb: 'abort',
      by: 'alice@example.com',
      at: timeText(NOW),
      reason: 'wrong settings',
    },
  ]);
  assert.deepEqual(echoes(decision), [
    'Done: Run v2-1 is aborted by alice@example.com: wrong settings; podinfo-primary gets all traffic',
  ]);
  const record = decision.after.find(({ type }) => type === 'writeRun');
  assert.ok(record?.type === 'writeRun');
  assert.deepEqual(record.record.actions, status.run?.actions);
});

test('the answer comes last, so that one that cannot be written keeps nothing from being done', () => {
  const decision = decide(asking(aRunning(run), anAction()), NOW);
  assert.equal(decision.after.at(-1)?.type, 'answerAction');
});

test('an aborted revision stays rejected, and is quarantined when it comes back', () => {
  const { status } = decide(asking(aRunning(run, { git: GIT_ON }), anAction()), NOW);
  const { run: _over, ...rest } = status;
  const back = decide({ ...aRunning(run, { git: GIT_ON }), status: rest, route: aRoute() }, NOW + 60_000);
  assert.equal(back.status.run, undefined);
  const gone = { ...rest, desired: { revision: 'v1', hash: 'hash-v1', since: timeText(NOW) } };
  const pushed = decide({ ...aRunning(run, { git: GIT_ON }), status: gone, route: aRoute() }, NOW + 60_000);
  assert.equal(pushed.status.run, undefined);
  assert.deepEqual(
    pushed.events.map(({ reason }) => reason),
    ['Quarantined'],
  );
  const ready = pushed.status.conditions.find(({ type }) => type === 'Ready');
  assert.deepEqual([ready?.status, ready?.reason], ['False', 'Aborted']);
});

test('an abort that was cut off after the weight was lowered is brought to its end, however late', () => {
  const stamp = stampText(run, { kind: 'outcome', outcome: 'Aborted', cause: 'OperatorAbort' });
  const observed = aRunning(run, { route: aRoute({ canaryWeight: 0, since: NOW, stamp }) });
  const late = anAction({ expiresAt: NOW });
  const { status } = decide(asking(observed, late), NOW + 3_600_000);
  assert.deepEqual([status.run?.outcome, status.history[0]?.requestedBy], ['Aborted', 'alice@example.com']);
  // Somebody has deleted the action meanwhile.
  const alone = decide(observed, NOW + 3_600_000);
  assert.deepEqual([alone.status.run?.outcome, alone.status.run?.cause], ['Aborted', 'OperatorAbort']);
});

test('a Canary that is wrong can be aborted: traffic goes, and nothing else is touched', () => {
  const problems = [{ where: 'spec.git', message: 'Repository is gone', reason: 'InvalidSpec' as const }];
  const decision = decided(asking(aRunning(run, { problems }), anAction()));
  assert.deepEqual(shown(decision).before, ['setRoute 0 v2-1/Aborted/OperatorAbort']);
  assert.deepEqual(
    decision.after.map(({ type }) => type),
    ['answerAction'],
  );
});
