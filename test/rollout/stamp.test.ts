import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Stamp, stampOf, stampText } from '#src/rollout/stamp.ts';
import { aRun } from './an-observed.ts';

const run = aRun();

test('a stamp is read back by the run that wrote it', () => {
  const stamps: readonly Stamp[] = [
    { kind: 'outcome', outcome: 'RolledBack', cause: 'ThresholdReached' },
    { kind: 'outcome', outcome: 'Superseded' },
    { kind: 'back', since: '2026-11-21T08:00:00.000Z' },
    { kind: 'restart', since: '2026-11-21T08:00:00.000Z' },
  ];
  for (const stamp of stamps) assert.deepEqual(stampOf(run, stampText(run, stamp)), stamp);
  assert.equal(
    stampText(run, { kind: 'outcome', outcome: 'RolledBack', cause: 'DeadlineExceeded' }),
    'v2-1/RolledBack/DeadlineExceeded',
  );
});

test("another run's stamp and a person's words say nothing", () => {
  for (const text of [undefined, '', 'v2-2/RolledBack', 'v2-1/Whatever', 'v2-1', 'v2-1/back', 'see ticket']) {
    assert.equal(stampOf(run, text), undefined);
  }
});
