import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#src/rollout/decide.ts';
import type { ActionView, Observed, TargetView } from '#src/rollout/observed.ts';
import { timeText } from '#src/rollout/time.ts';
import { aHistory, anObserved, aRevision, aRunning, aShiftedRun, GIT_ON, T0 } from '../an-observed.ts';
import { anAction, asking, decided, echoes, NOW } from './an-action.ts';

const run = aShiftedRun(3, 25);

const targetAt = (revision: string): TargetView => ({
  uid: 'uid-t',
  deleting: false,
  replicas: 0,
  readyReplicas: 0,
  revision: aRevision(revision),
});

const rejected = (parts: Parameters<typeof anObserved>[0] = {}): Observed =>
  anObserved({
    target: targetAt('v2'),
    pinned: ['v1', 'v2'],
    ...parts,
    status: {
      phase: 'Failed',
      runs: 1,
      history: [aHistory()],
      desired: { revision: 'v2', hash: 'hash-v2', since: timeText(T0 - 100_000), run: 'v2-1' },
      quarantine: [
        { revision: 'v2', hash: 'hash-v2', images: aRevision('v2').images, run: 'v2-1', since: timeText(T0) },
      ],
      ...parts.status,
    },
  });
const { run: _noRun, ...ofRevision } = anAction({ revision: 'v2' });
const retry: ActionView = { ...ofRevision, name: 'retry', verb: 'retry' };
const unquarantine: ActionView = { ...ofRevision, name: 'free', verb: 'unquarantine' };

test('retry runs what was rejected once more, in the very decision', () => {
  const decision = decided(asking(rejected({ git: { ...GIT_ON, onFailure: 'record' } }), retry));
  assert.equal(decision.status.run?.id, 'v2-2');
  assert.deepEqual(
    decision.status.run?.actions?.map(({ verb, by }) => `${verb} ${by}`),
    ['retry alice@example.com'],
  );
  assert.equal(decision.status.desired?.retry, undefined);
  assert.deepEqual(decision.status.quarantine, []);
  assert.deepEqual(echoes(decision), ['Done: Revision v2 is run again']);
  assert.deepEqual(
    decision.events.map(({ reason }) => reason),
    ['ActionTaken', 'RunStarted'],
  );
});

const revert = {
  id: 'x',
  kind: 'revert',
  run: 'v2-1',
  state: 'Pending',
  attempts: 0,
  since: timeText(T0),
} as const;

for (const [what, observed, says] of [
  ['a run that is going on', asking(aRunning(run), retry), 'run v2-1 is going on'],
  [
    'a revision that Git does not ask for',
    asking(anObserved(), retry),
    'Git asks for v1 now: push v2 again, after serin unquarantine podinfo --revision v2',
  ],
  ['the revision that serves', asking(anObserved(), { ...retry, revision: 'v1' }), 'podinfo-primary serves v1 already'],
  [
    'a revision while its revert is on its way',
    asking(rejected({ git: GIT_ON, status: { outbox: [revert] } }), retry),
    'its revert is on its way to Git: push v2 again when Git has it',
  ],
  [
    'a target whose revision is not known',
    asking(
      anObserved({
        target: { uid: 'uid-t', deleting: false, replicas: 0, readyReplicas: 0, waiting: 'ConfigMap a is missing' },
      }),
      retry,
    ),
    "the target's revision is not known: ConfigMap a is missing",
  ],
] as const) {
  test(`refuses to retry ${what}`, () => {
    assert.deepEqual(echoes(decided(observed)), [`Refused: Cannot retry podinfo: ${says}`]);
  });
}

test('unquarantine lets a revision run when it comes again, and not where it was rejected', () => {
  const there = decided(asking(rejected({ git: GIT_ON }), unquarantine));
  assert.deepEqual([there.status.quarantine, there.status.run], [[], undefined]);
  assert.deepEqual(echoes(there), [
    'Done: Revision v2 is not quarantined any more: it runs when it is pushed again, or by serin retry podinfo',
  ]);
  const gone = rejected({ git: GIT_ON, target: targetAt('v1') });
  assert.deepEqual(echoes(decide(asking(gone, unquarantine), NOW)), [
    'Done: Revision v2 is not quarantined any more: it runs when Git asks for it again',
  ]);
  const { run: _judged, ...desired } = rejected().status.desired ?? assert.fail();
  const back = decide(asking(rejected({ git: GIT_ON, status: { desired } }), unquarantine), NOW);
  assert.deepEqual(echoes(back), [
    'Done: Revision v2 is not quarantined any more: Git asks for it, so that it runs now',
  ]);
  assert.equal(back.status.run?.id, 'v2-2');
  const none = decide(asking(anObserved(), unquarantine), NOW);
  assert.deepEqual(echoes(none), ['Refused: Cannot unquarantine podinfo: v2 is not quarantined; quarantined: none']);
});
