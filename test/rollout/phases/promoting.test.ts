import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#src/rollout/decide.ts';
import { timeText } from '#src/rollout/time.ts';
import {
  aCheck,
  anObserved,
  answered,
  aRevision,
  aRoute,
  aRunning,
  aShiftedRun,
  aStable,
  aWorkload,
  digestsOf,
  GIT_ON,
  SPEC,
  T0,
} from '../an-observed.ts';
import { NOTHING, shown } from '../shown.ts';

const END = T0 + 13_000;
const last = aShiftedRun(4, 50);
/** The promotion under way at 50 %. */
const run = { ...last, stage: 'promoting', digests: digestsOf('v2'), deadline: timeText(T0 + 600_000) } as const;
const judgedAtLastStep = (parts: Parameters<typeof aRunning>[1] = {}) =>
  aRunning(last, { effects: answered(last, END, [aCheck('pass')]), ...parts });

test('after the last step the primary gets what ran in the canary, digests and all, in the same decision', () => {
  const decision = decide(judgedAtLastStep(), END);
  assert.deepEqual(decision.after, [{ type: 'applyPrimary', revision: 'v2', replicas: 4, digests: digestsOf('v2') }]);
  assert.deepEqual(shown(decision).events, ['Promoting']);
  const { run: next, phase, canaryWeight } = decision.status;
  assert.deepEqual([next?.stage, phase, canaryWeight], ['promoting', 'Promoting', 50]);
  assert.deepEqual(next?.digests, digestsOf('v2'));
});

test('digests that are not known yet are waited for, and not asked for where images are not pinned', () => {
  const { digests: _digests, ...side } = aWorkload('v2', { replicas: 2 });
  const waiting = decide(judgedAtLastStep({ side }), END);
  assert.equal(waiting.status.run?.stage, 'shifting');
  const unpinned = decide(judgedAtLastStep({ side, spec: { ...SPEC, pinImages: false } }), END);
  assert.deepEqual(unpinned.after, [{ type: 'applyPrimary', revision: 'v2', replicas: 4 }]);
});

test('a primary that loses pods as it changes hands everything to a canary of its size first', () => {
  const primary = aWorkload('v1', { keepsCapacity: false });
  const sized = decide(aRunning(run, { primary }), T0 + 1_000);
  assert.deepEqual(shown(sized).after, ['applyCanary v2 x4']);
  const taken = decide(aRunning(run, { primary, side: aWorkload('v2') }), T0 + 1_000);
  assert.deepEqual(shown(taken).after, ['setRoute 100']);
  assert.equal(taken.status.run?.weight.set, 100);
  const all = { ...run, weight: { set: 100, since: timeText(T0) } };
  const settling = decide(aRunning(all, { primary, side: aWorkload('v2') }), T0 + 1_000);
  assert.deepEqual([settling.after, settling.wakeAt], [[], T0 + 3_000]);
  const settled = decide(aRunning(all, { primary, side: aWorkload('v2') }), T0 + 3_000);
  assert.deepEqual(shown(settled).after, ['applyPrimary v2 x4']);
});

test('traffic goes back when the primary is ready with what was judged', () => {
  const rolling = aRunning(run, { primary: aWorkload('v2', { ready: false }) });
  assert.deepEqual([decide(rolling, T0 + 1_000).before, decide(rolling, T0 + 1_000).after], [[], []]);
  const unpinned = aRunning(run, { primary: aWorkload('v2', { pinned: false }) });
  assert.deepEqual(shown(decide(unpinned, T0 + 1_000)).after, ['applyPrimary v2 x4']);
  const ready = decide(aRunning(run, { primary: aWorkload('v2') }), T0 + 1_000);
  assert.deepEqual(shown(ready), { ...NOTHING, before: ['setRoute 0'], events: ['WeightChanged'] });
  assert.deepEqual([ready.status.phase, ready.status.run?.stage], ['Finalising', 'returning']);
});

test('the run is promoted once the traffic has settled on the primary', () => {
  const returning = {
    ...run,
    stage: 'returning',
    stageSince: timeText(T0),
    weight: { set: 0, since: timeText(T0) },
    checks: [aCheck('pass')],
  } as const;
  const observed = aRunning(returning, { primary: aWorkload('v2'), git: GIT_ON });
  assert.equal(decide(observed, T0 + 2_999).wakeAt, T0 + 3_000);
  const decision = decide(observed, T0 + 3_000);
  assert.deepEqual(shown(decision), { ...NOTHING, after: ['writeRun v2-1 Promoted'], events: ['Promoted'] });
  const { stable, phase, run: ended, outbox } = decision.status;
  assert.deepEqual(stable, {
    ...aStable('v2'),
    digests: digestsOf('v2'),
    since: timeText(T0 + 3_000),
    lastGood: 'v1',
  });
  assert.equal(phase, 'Succeeded');
  assert.equal(ended?.sentence, 'Promoted after 3 s: every step up to 50 % has passed, request-success-rate 99.9 %');
  assert.deepEqual(
    outbox.map(({ kind, state }) => [kind, state]),
    [['record', 'Pending']],
  );
});

test('taking all traffic while the primary changes is not told as a step that has passed', () => {
  const steps = [
    { index: 4, weight: 50, from: timeText(T0) },
    { index: 5, weight: 100, from: timeText(T0) },
  ];
  const weight = { set: 0, since: timeText(T0) };
  const returning = { ...run, stage: 'returning', stageSince: timeText(T0), weight, steps } as const;
  const decision = decide(aRunning(returning, { primary: aWorkload('v2') }), T0 + 3_000);
  assert.equal(decision.status.run?.sentence, 'Promoted after 3 s: every step up to 50 % has passed');
});

test('a push or a withdrawal waits until what was judged has been promoted', () => {
  for (const wanted of ['v3', 'v1']) {
    const target = { uid: 'uid-t', deleting: false, replicas: 0, readyReplicas: 0, revision: aRevision(wanted) };
    const { status } = decide(aRunning(run, { target }), T0 + 1_000);
    assert.deepEqual(
      [status.run?.stage, status.run?.outcome, status.desired?.revision],
      ['promoting', undefined, wanted],
    );
  }
});

test('a primary that does not become ready gets its last good revision back while the canary serves', () => {
  const primary = aWorkload('v2', { ready: false, waiting: 'Pod podinfo-primary-x: OOMKilled' });
  const failed = decide(aRunning(run, { primary }), T0 + 600_000);
  assert.deepEqual(shown(failed).after, ['applyPrimary v1 x4']);
  assert.deepEqual(shown(failed).events, ['PromotionFailed']);
  assert.deepEqual([failed.status.run?.stage, failed.status.canaryWeight], ['promoting', 50]);
  const gaveUp = decide(aRunning(run, { primary: { ...primary, deadlineExceeded: true } }), T0 + 1_000);
  assert.equal(gaveUp.status.run?.cause, 'PromotionFailed');

  const back = aRunning(run, { primary: aWorkload('v1') });
  const decision = decide({ ...back, status: failed.status }, T0 + 610_000);
  assert.deepEqual(shown(decision).before, ['setRoute 0 v2-1/RolledBack/PromotionFailed']);
  assert.equal(
    decision.status.run?.sentence,
    'Rolled back at 50 % after 10 min 10 s: podinfo-primary was not ready with revision v2: Pod podinfo-primary-x: OOMKilled',
  );
  assert.equal(decision.status.stable?.revision, 'v1');
});

test('when the last good revision does not become ready either, a person is called once', () => {
  const failed = { ...run, cause: 'PromotionFailed', sentence: 'x', deadline: timeText(T0 + 1_000) } as const;
  const primary = aWorkload('v1', { ready: false, waiting: 'quota exceeded' });
  const alerts = [
    { provider: 'shop/slack', severity: 'error' } as const,
    { provider: 'shop/log', severity: 'info' } as const,
  ];
  const decision = decide(aRunning(failed, { primary, alerts }), T0 + 1_000);
  assert.match(
    decision.status.run?.held ?? '',
    /podinfo-primary is not ready with its last good revision v1: quota exceeded/,
  );
  assert.deepEqual(
    decision.status.outbox.map(({ provider, topic }) => [provider, topic]),
    [['shop/log', 'held']],
  );
  const again = decide({ ...aRunning(failed, { primary, alerts }), status: decision.status }, T0 + 60_000);
  assert.deepEqual(again.events, []);
  assert.equal(again.wakeAt, undefined);
});

test('a canary that dies while the primary changes leaves its traffic to the primary', () => {
  const observed = aRunning(run, {
    primary: aWorkload('v2', { ready: false, endpoints: 3 }),
    side: aWorkload('v2', { endpoints: 0 }),
  });
  const decision = decide(observed, T0 + 1_000);
  assert.deepEqual(shown(decision).before, ['setRoute 0']);
  assert.deepEqual([decision.status.run?.stage, decision.status.run?.weight.set], ['promoting', 0]);
});

test('a run back to the revision before is a run like any other', () => {
  const target = { uid: 'uid-t', deleting: false, replicas: 0, readyReplicas: 0, revision: aRevision('v1') };
  const stable = { ...aStable('v2'), lastGood: 'v1' };
  const { status } = decide(
    anObserved({ target, primary: aWorkload('v2'), pinned: ['v1', 'v2'], status: { stable, runs: 1 } }),
    T0,
  );
  assert.deepEqual([status.run?.id, status.run?.previous], ['v1-2', 'v2']);
});

test('a plane that never answers delays the end of a run, and does not prevent it', () => {
  const returning = {
    ...run,
    stage: 'returning',
    stageSince: timeText(T0),
    weight: { set: 0, since: timeText(T0) },
  } as const;
  const route = aRoute({ acceptance: 'pending', since: T0 });
  const observed = aRunning(returning, { primary: aWorkload('v2'), route });
  assert.equal(decide(observed, T0 + 29_999).status.run?.outcome, undefined);
  assert.equal(decide(observed, T0 + 30_000).status.run?.outcome, 'Promoted');
});
