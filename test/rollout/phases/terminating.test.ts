import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#src/rollout/decide.ts';
import type { Observed } from '#src/rollout/observed.ts';
import { timeText } from '#src/rollout/time.ts';
import { anObserved, aRevision, aRoute, aRunning, aShiftedRun, aWorkload, T0 } from '../an-observed.ts';
import { shown } from '../shown.ts';

const DELETING = { canary: { deleting: true } };
const target = { uid: 'uid-t', deleting: false, replicas: 0, readyReplicas: 0, revision: aRevision('v1') };

test('everything is given back in an order that loses no request', () => {
  let observed: Observed = anObserved(DELETING);
  const steps: readonly (readonly [Partial<Observed>, readonly string[]])[] = [
    [{}, ['scaleTarget 4']],
    [{ target: { ...target, replicas: 4, readyReplicas: 3 } }, []],
    [{ target: { ...target, replicas: 4, readyReplicas: 4 } }, ['restoreApex']],
    [
      { services: { ...observed.services, apex: { selects: 'other', current: false, endpointsMatch: false } } },
      ['releaseRoute'],
    ],
    [{ route: { exists: false, current: false, acceptance: 'pending', detail: '', since: T0 - 1_000 } }, []],
    [
      { route: { exists: false, current: false, acceptance: 'pending', detail: '', since: T0 - 3_000 } },
      ['deleteOwned'],
    ],
  ];
  for (const [seen, wanted] of steps) {
    observed = { ...observed, ...seen };
    const decision = decide(observed, T0);
    assert.deepEqual(shown(decision).after, wanted);
    assert.equal(decision.status.phase, 'Terminating');
  }
  const { primary: _primary, ...rest } = observed;
  assert.deepEqual(shown(decide({ ...rest, services: {} }, T0)).after, ['deleteOwned', 'removeFinalizer']);
});

test('a run that is under way loses its traffic first', () => {
  const observed = aRunning(aShiftedRun(3, 25), DELETING);
  const decision = decide(observed, T0);
  assert.deepEqual(shown(decision).before, ['setRoute 0']);
  assert.equal(decision.status.run, undefined);
});

test('nobody waits when the namespace or the target goes too', () => {
  const { target: _target, ...without } = anObserved(DELETING);
  assert.deepEqual(shown(decide(anObserved({ ...DELETING, namespaceDeleting: true }), T0)).after, ['removeFinalizer']);
  for (const observed of [anObserved({ ...DELETING, target: { ...target, deleting: true } }), without]) {
    assert.deepEqual(shown(decide(observed, T0)).after, [
      'restoreApex',
      'releaseRoute',
      'deleteOwned',
      'removeFinalizer',
    ]);
  }
});

const DENIED = { reason: 'AccessDenied', note: 'Cannot patch Deployment shop/podinfo' } as const;

test('a right that is missing is asked for again for two minutes; then the Canary goes and leaves the rest', () => {
  const refused = { ...DENIED, action: 'scaleTarget' } as const;
  const observed = anObserved({
    ...DELETING,
    refused,
    status: { phase: 'Terminating', lastTransitionTime: timeText(T0) },
  });
  assert.deepEqual(shown(decide(observed, T0 + 119_999)).after, ['scaleTarget 4']);
  const gone = decide(observed, T0 + 120_000);
  assert.deepEqual([shown(gone).before, shown(gone).after], [[], ['removeFinalizer']]);
  assert.deepEqual(
    gone.events.map(({ note }) => note),
    [
      DENIED.note,
      "Not everything was given back: Cannot patch Deployment shop/podinfo. What was not stays as it is and serves on; what is Serin's has the label serin.dev/canary-uid=uid-1",
    ],
  );
  const finalizer = { ...DENIED, action: 'removeFinalizer' } as const;
  assert.deepEqual(shown(decide({ ...observed, refused: finalizer }, T0 + 120_000)).after, ['scaleTarget 4']);
  const exposed = { ...observed, route: aRoute({ canaryWeight: 30 }) };
  assert.match(decide(exposed, T0 + 120_000).events[1]?.note ?? '', /serves on, the canary with 30 % of the requests;/);
});

test('a status that cannot be written makes nobody wait longer', () => {
  const canary = { deleting: true, deletedAt: T0 };
  const refused = { ...DENIED, action: 'scaleTarget' } as const;
  assert.deepEqual(shown(decide(anObserved({ canary, refused }), T0 + 120_000)).after, ['removeFinalizer']);
});

test('nothing is taken for gone that may not be read, and nothing of it is waited for longer than two minutes', () => {
  const canary = { deleting: true, deletedAt: T0 };
  const { target: _target, primary: _primary, ...seen } = anObserved({ canary, services: {}, unseen: DENIED });
  const waits = decide(seen, T0 + 1_000);
  assert.deepEqual([shown(waits).after, waits.wakeAt], [[], T0 + 120_000]);
  assert.deepEqual(waits.events, [DENIED]);
  assert.deepEqual(shown(decide(seen, T0 + 120_000)).after, ['removeFinalizer']);
});

test('a Canary with problems can be deleted, and without our finalizer there is nothing to do', () => {
  const problems = [{ where: 'spec', message: 'wrong', reason: 'InvalidSpec' } as const];
  assert.deepEqual(shown(decide(anObserved({ ...DELETING, problems }), T0)).after, ['scaleTarget 4']);
  const free = anObserved({ canary: { deleting: true, hasFinalizer: false } });
  assert.deepEqual(shown(decide(free, T0)).after, []);
});

test('a take-over that never moved the apex is undone without waiting for the target', () => {
  const services = { apex: { selects: 'other', current: false, endpointsMatch: false } } as const;
  const route = { exists: false, current: false, acceptance: 'pending', detail: '', since: T0 - 60_000 } as const;
  const broken = { ...target, replicas: 3, readyReplicas: 0 };
  const observed = anObserved({ ...DELETING, services, route, target: broken, status: { phase: 'Initializing' } });
  assert.deepEqual(shown(decide(observed, T0)).after, ['deleteOwned']);
});

test('the primary gives its size to the target, and the adopted size where it is gone', () => {
  const { primary: _primary, ...gone } = anObserved(DELETING);
  assert.deepEqual(shown(decide({ ...gone, status: { ...gone.status, adopted: { replicas: 6 } } }, T0)).after, [
    'scaleTarget 6',
  ]);
  const grown = anObserved({ ...DELETING, primary: aWorkload('v1', { replicas: 12 }), route: aRoute() });
  assert.deepEqual(shown(decide(grown, T0)).after, ['scaleTarget 12']);
});

test('a target that does not serve again is waited for, and told at the deadline', () => {
  const observed = anObserved({
    ...DELETING,
    status: { phase: 'Terminating', lastTransitionTime: timeText(T0) },
    target: { ...target, replicas: 4, readyReplicas: 1 },
  });
  assert.equal(decide(observed, T0 + 1_000).wakeAt, T0 + 600_000);
  assert.deepEqual(decide(observed, T0 + 600_000).events, [
    {
      reason: 'Held',
      note: 'Deployment podinfo does not serve, 1 of 4 pods ready: traffic is given back to it as soon as it does, so push a version that runs',
    },
  ]);
  assert.deepEqual(shown(decide(observed, T0 + 600_000)).after, [], 'the primary serves on');
});

test('Git gets half a minute for the last outcome; what it has not by then is told', () => {
  const pending = { id: 'x', kind: 'revert', run: 'v2-1', state: 'Pending', attempts: 0, since: timeText(T0) } as const;
  const { primary: _primary, ...given } = anObserved({
    ...DELETING,
    status: { phase: 'Terminating', lastTransitionTime: timeText(T0), outbox: [pending] },
    services: {},
    route: { exists: false, current: false, acceptance: 'unknown', detail: '', since: T0 - 60_000 },
  });
  const waits = decide(given, T0 + 1_000);
  assert.deepEqual([shown(waits).after, waits.wakeAt], [[], T0 + 30_000]);
  const gone = decide(given, T0 + 30_000);
  assert.deepEqual(shown(gone).after, ['deleteOwned', 'removeFinalizer']);
  assert.deepEqual(gone.events, [
    {
      reason: 'GitRefused',
      note: 'The revert of run v2-1 is not in Git: the Canary was deleted before it could be written',
    },
  ]);
});
