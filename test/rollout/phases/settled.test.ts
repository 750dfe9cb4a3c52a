import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanaryStatus } from '#src/api/canary-status.ts';
import { decide } from '#src/rollout/decide.ts';
import type { Observed } from '#src/rollout/observed.ts';
import { timeText } from '#src/rollout/time.ts';
import { aHistory, anObserved, aRevision, aRoute, aStable, aWorkload, digestsOf, GIT_ON, T0 } from '../an-observed.ts';
import { NOTHING, shown } from '../shown.ts';

const settledStatus = (observed: Observed): CanaryStatus => decide(observed, T0).status;
const targetAt = (revision: string) => ({
  uid: 'uid-t',
  deleting: false,
  replicas: 0,
  readyReplicas: 0,
  revision: aRevision(revision),
});

const rolledBack = aHistory({ startedAt: timeText(T0 - 100_000), endedAt: timeText(T0 - 50_000) });
/** `v2` was rolled back and is still what Git asks for. */
const rejected: Partial<CanaryStatus> = {
  phase: 'Failed',
  runs: 1,
  history: [rolledBack],
  desired: { revision: 'v2', hash: 'hash-v2', since: timeText(T0 - 100_000), run: 'v2-1' },
};
const quarantine = [
  { revision: 'v2', hash: 'hash-v2', images: aRevision('v2').images, run: 'v2-1', since: timeText(T0 - 50_000) },
];

test('there is nothing to do when everything stands, and the status is the very same', () => {
  const first = anObserved();
  const observed = { ...first, status: settledStatus(first) };
  const decision = decide(observed, T0 + 3_600_000);
  assert.deepEqual(shown(decision), NOTHING);
  assert.equal(decision.status, observed.status);
  assert.equal(decision.wakeAt, undefined);
});

test('a target that somebody scaled up goes back to 0', () => {
  const observed = anObserved({ target: { ...targetAt('v1'), replicas: 3 } });
  assert.deepEqual(shown(decide(observed, T0)).after, ['scaleTarget 0']);
});

test('Services, route and primary are put back when they drift', () => {
  const drifted = { current: false, endpointsMatch: true };
  const observed = anObserved({
    services: { primary: { selects: 'primary', ...drifted }, apex: { selects: 'other', ...drifted } },
    route: aRoute({ current: false }),
    primary: aWorkload('other', { replicas: 7 }),
  });
  assert.deepEqual(shown(decide(observed, T0)).after, [
    'applyPrimary v1 x7',
    'applyService primary',
    'applyService canary',
    'applyService apex',
    'setRoute 0',
  ]);
});

test('a primary that is gone comes back with the digests that were promoted, at the adopted size', () => {
  const { primary: _primary, ...observed } = anObserved({
    status: { stable: { ...aStable('v1'), digests: digestsOf('v1') } },
  });
  const { after } = decide(observed, T0);
  assert.deepEqual(after, [{ type: 'applyPrimary', revision: 'v1', replicas: 4, digests: digestsOf('v1') }]);
});

test('a primary whose images were changed behind our back gets its own back, one that stands is left alone', () => {
  const changed = anObserved({ primary: aWorkload('v1', { pinned: false }) });
  assert.deepEqual(shown(decide(changed, T0)).after, ['applyPrimary v1 x4']);
  const going = anObserved({ primary: aWorkload('v1', { deleting: true }) });
  assert.deepEqual(shown(decide(going, T0)).after, ['applyPrimary v1 x4']);
});

test('a stored template that is gone is stored again while the target still has it, and never guessed', () => {
  assert.deepEqual(shown(decide(anObserved({ pinned: [] }), T0)).after, ['pinRevision v1']);
  const moved = anObserved({ pinned: [], status: rejected, target: targetAt('v2'), primary: aWorkload('other') });
  assert.deepEqual(shown(decide(moved, T0)).after, []);
});

test('weight that somebody gives to a canary that is not there is taken back at once', () => {
  const observed = anObserved({ route: aRoute({ canaryWeight: 30, foreignManager: 'helm' }) });
  assert.deepEqual(shown(decide(observed, T0)), { ...NOTHING, before: ['setRoute 0'], events: ['RouteDrift'] });
});

test('a canary that nobody needs is removed, but not while it has traffic', () => {
  assert.deepEqual(shown(decide(anObserved({ side: aWorkload('v2') }), T0)).after, ['deleteCanary']);
  const exposed = anObserved({ side: aWorkload('v2'), route: aRoute({ canaryWeight: 30 }) });
  assert.deepEqual(shown(decide(exposed, T0)).after, []);
});

test('templates that no revision needs are collected', () => {
  const observed = anObserved({
    status: { stable: { ...aStable('v1'), lastGood: 'v0' } },
    pinned: ['v0', 'v1', 'v2'],
  });
  assert.deepEqual(shown(decide(observed, T0)).after, ['collect but v1 v0']);
});

test('a new revision starts a run', () => {
  const decision = decide(anObserved({ target: targetAt('v2'), status: { runs: 6 } }), T0);
  assert.deepEqual(shown(decision), {
    ...NOTHING,
    after: ['pinRevision v2'],
    events: ['RevisionDetected', 'RunStarted'],
  });
  const { run, phase, runs, desired } = decision.status;
  assert.deepEqual([run?.id, run?.stage, run?.weight.set, phase, runs], ['v2-7', 'scaling', 0, 'Progressing', 7]);
  assert.deepEqual(desired, { revision: 'v2', hash: 'hash-v2', since: timeText(T0), run: 'v2-7' });
});

test('a rejected revision does not run again while it is what is asked for', () => {
  for (const git of [{ mode: 'off' } as const, GIT_ON]) {
    const decision = decide(anObserved({ target: targetAt('v2'), status: rejected, git }), T0);
    assert.equal(decision.status.run, undefined);
    assert.deepEqual(shown(decision).after, []);
    const ready = decision.status.conditions.find(({ type }) => type === 'Ready');
    assert.deepEqual([ready?.status, ready?.reason, ready?.message], ['False', 'RolledBack', rolledBack.sentence]);
  }
});

test('the next different push runs, also when it came while the controller was away', () => {
  const decision = decide(anObserved({ target: targetAt('v3'), status: { ...rejected, quarantine }, git: GIT_ON }), T0);
  assert.equal(decision.status.run?.id, 'v3-2');
});

test('a rejected revision that comes back is held where Git is written, and runs again where it is not', () => {
  const reverted = { ...rejected, quarantine, desired: { revision: 'v1', hash: 'hash-v1', since: timeText(T0) } };
  const held = decide(anObserved({ target: targetAt('v2'), status: reverted, git: GIT_ON }), T0);
  assert.equal(held.status.run, undefined);
  assert.deepEqual(shown(held).events, ['Quarantined']);
  const ready = held.status.conditions.find(({ type }) => type === 'Ready');
  assert.equal(ready?.reason, 'RolledBack');
  assert.match(ready?.message ?? '', /v2 is quarantined since run v2-1: Rolled back at 25 %/);
  for (const git of [{ mode: 'off' } as const, { ...GIT_ON, onFailure: 'none' } as const]) {
    const again = decide(anObserved({ target: targetAt('v2'), status: reverted, git }), T0);
    assert.equal(again.status.run?.id, 'v2-2');
  }
});

test('a clock that jumped back lets no rejected revision run again', () => {
  const late = { ...rejected, desired: { revision: 'v2', hash: 'hash-v2', since: timeText(T0), run: 'v2-1' } };
  assert.equal(decide(anObserved({ target: targetAt('v2'), status: late }), T0).status.run, undefined);
});

test('while Kubernetes has not made up its mind about the newest template nothing starts', () => {
  const target = {
    uid: 'uid-t',
    deleting: false,
    replicas: 0,
    readyReplicas: 0,
    waiting: 'ConfigMap settings is missing',
  };
  assert.deepEqual(shown(decide(anObserved({ target }), T0)), NOTHING);
});
