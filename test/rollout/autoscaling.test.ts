import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FLOOR_MS } from '#src/rollout/autoscaling.ts';
import { decide } from '#src/rollout/decide.ts';
import type { Action } from '#src/rollout/decision.ts';
import type { AutoscalerView, Observed } from '#src/rollout/observed.ts';
import { timeText } from '#src/rollout/time.ts';
import { anObserved, aRevision, aRoute, aRun, aShiftedRun, aStable, aWorkload, SPEC, T0 } from './an-observed.ts';

const autoscalerRef = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'podinfo' } as const;
const scaledObjectRef = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'podinfo' } as const;

const HPA: AutoscalerView = {
  kind: 'HorizontalPodAutoscaler',
  name: 'podinfo',
  min: 2,
  max: 20,
  current: true,
  fewest: 2,
};
const KEDA: AutoscalerView = { ...HPA, kind: 'ScaledObject', pausedAt: 0 };
const target = { uid: 'uid-t', deleting: false, replicas: 0, readyReplicas: 0, revision: aRevision('v1') };

type Parts = NonNullable<Parameters<typeof anObserved>[0]>;
/** Between runs, with an autoscaler that is as it should be. */
const scaled = (parts: Parts = {}, ref: typeof autoscalerRef | typeof scaledObjectRef = autoscalerRef): Observed =>
  anObserved({
    autoscaler: ref === autoscalerRef ? HPA : KEDA,
    target,
    ...parts,
    spec: { ...SPEC, autoscalerRef: ref },
  });

/** Revision v2 holds 50 %, and its canary carries it. */
const inRun = (parts: Parts = {}): Observed =>
  scaled({
    target: { ...target, revision: aRevision('v2') },
    side: aWorkload('v2', { replicas: 5 }),
    pinned: ['v1', 'v2'],
    route: aRoute({ canaryWeight: 50 }),
    ...parts,
    status: { run: aShiftedRun(4, 50), phase: 'Progressing', floor: { replicas: 4 }, ...parts.status },
  });

const about = (actions: readonly Action[]): readonly Action[] =>
  actions.filter(({ type }) => /utoscaler|Budget|scaleTarget/.test(type));
const after = (observed: Observed, now = T0): readonly Action[] => about(decide(observed, now).after);

describe('between runs', () => {
  test('an autoscaler that is as it should be is left alone', () => {
    assert.deepEqual(after(scaled()), []);
    assert.equal(decide(scaled(), T0).status.floor, undefined);
  });

  test("the primary's is applied when it is missing, other than the target's, or held up for no reason", () => {
    const apply = [{ type: 'applyAutoscaler' }];
    assert.deepEqual(after(scaled({ autoscaler: { ...HPA, current: false } })), apply);
    const { fewest: _, ...missing } = HPA;
    assert.deepEqual(after(scaled({ autoscaler: { ...missing, current: false } })), apply);
    assert.deepEqual(after(scaled({ autoscaler: { ...HPA, fewest: 7 } })), apply);
  });

  test('who has changed it is told', () => {
    const [event] = decide(scaled({ autoscaler: { ...HPA, current: false, changedBy: 'kubectl' } }), T0).events;
    assert.deepEqual(
      [event?.reason, event?.note.startsWith('kubectl changed HorizontalPodAutoscaler podinfo-primary')],
      ['WorkloadDrift', true],
    );
  });

  test('what an earlier one has left goes, and so does a missing budget', () => {
    assert.deepEqual(after(anObserved({ autoscalerLeft: { scaledObject: 'old' } })), [
      { type: 'restoreAutoscaler', scaledObject: 'old' },
    ]);
    assert.deepEqual(after(anObserved({ budgetCurrent: false })), [{ type: 'applyDisruptionBudget' }]);
  });

  test('a ScaledObject that would scale the target is paused before that goes to 0, once this is noted', () => {
    const autoscaler: AutoscalerView = { ...KEDA, unpaused: true };
    const up = scaled({ autoscaler, target: { ...target, replicas: 3 } }, scaledObjectRef);
    const { status, after: done } = decide(up, T0);
    assert.equal(status.adopted?.scaledObject, 'podinfo');
    assert.deepEqual(about(done), [
      { type: 'pauseAutoscaler', scaledObject: 'podinfo', replicas: 0 },
      { type: 'scaleTarget', replicas: 0 },
    ]);
  });

  test('KEDA’s idle number counts, where no floor holds it up', () => {
    const idle: AutoscalerView = { ...KEDA, min: 3, idle: 0, fewest: 0 };
    assert.deepEqual(after(scaled({ autoscaler: idle }, scaledObjectRef)), []);
    const floor = { replicas: 1, until: timeText(T0 + 1000) };
    assert.deepEqual(after(scaled({ autoscaler: idle, status: { floor } }, scaledObjectRef)), [
      { type: 'applyAutoscaler', floor: 1 },
    ]);
  });
});

describe('the floor', () => {
  test('is what the primary has when a run begins, and rises with it', () => {
    const begun = scaled({
      target: { ...target, revision: aRevision('v2') },
      status: { run: aRun(), phase: 'Progressing' },
      primary: aWorkload('v1', { replicas: 6 }),
    });
    const { status, after: done } = decide(begun, T0);
    assert.deepEqual(status.floor, { replicas: 6 });
    assert.deepEqual(about(done), [{ type: 'applyAutoscaler', floor: 6 }]);
    const grown = decide(inRun({ primary: aWorkload('v1', { replicas: 9 }) }), T0);
    assert.deepEqual(grown.status.floor, { replicas: 9 });
  });

  test('rises with the users, as far as the autoscaler has measured what is left to the primary', () => {
    const measured = (load: number, parts: Parts = {}) => inRun({ autoscaler: { ...HPA, load }, ...parts });
    const later = T0 + 90_000;
    const floorOf = (observed: Observed, now = later) => decide(observed, now).status.floor?.replicas;
    assert.equal(floorOf(measured(4)), 8);
    assert.equal(floorOf(measured(4.2)), 9);
    assert.equal(floorOf(measured(40)), 20, 'as far as its most allows');
    assert.equal(floorOf(measured(2.1)), 4, 'not for a little more');
    assert.equal(floorOf(measured(4), later - 1), 4, 'not while what was measured may be of another weight');
    const most = aShiftedRun(4, 60);
    const beyond = measured(4, { status: { run: most }, route: aRoute({ canaryWeight: 60 }) });
    assert.equal(floorOf(beyond), 4, 'not from the lesser part');
  });

  test('does not fall in a run, whatever the primary has', () => {
    const shrunk = decide(inRun({ primary: aWorkload('v1', { replicas: 2 }) }), T0);
    assert.deepEqual(shrunk.status.floor, { replicas: 4 });
  });

  test('is never above what the autoscaler allows', () => {
    const autoscaler = { ...HPA, max: 3, fewest: 3 };
    assert.deepEqual(after(inRun({ autoscaler })), []);
  });

  test('ends five minutes after the run, and not while another one goes on', () => {
    const floor = { replicas: 6 };
    const autoscaler = { ...HPA, fewest: 6 };
    const ended = decide(scaled({ status: { floor }, autoscaler }), T0);
    assert.deepEqual(ended.status.floor, { replicas: 6, until: timeText(T0 + FLOOR_MS) });
    assert.equal(ended.wakeAt, T0 + FLOOR_MS);
    const held = { floor: { replicas: 6, until: timeText(T0 + FLOOR_MS) } };
    assert.deepEqual(about(decide(scaled({ status: held, autoscaler }), T0 + FLOOR_MS - 1).after), []);
    const over = decide(scaled({ status: held, autoscaler }), T0 + FLOOR_MS);
    assert.equal(over.status.floor, undefined);
    assert.deepEqual(about(over.after), [{ type: 'applyAutoscaler' }]);
    assert.deepEqual(decide(inRun({ status: held, autoscaler }), T0).status.floor, { replicas: 6 });
  });

  test('stays while the autoscaler cannot be seen, and goes with the reference to it', () => {
    const floor = { replicas: 6 };
    const unseen = anObserved({ spec: { ...SPEC, autoscalerRef }, status: { floor } });
    assert.deepEqual(decide(unseen, T0).status.floor, floor);
    assert.equal(decide(anObserved({ status: { floor } }), T0).status.floor, undefined);
  });
});

describe('in a run', () => {
  test('the canary is sized by what all the traffic needs, not by what is left of the primary', () => {
    const small = inRun({
      primary: aWorkload('v1', { replicas: 2 }),
      side: aWorkload('v2', { replicas: 2 }),
      status: { floor: { replicas: 12 }, run: aShiftedRun(3, 25), phase: 'Progressing' },
      route: aRoute({ canaryWeight: 25 }),
    });
    const sized = decide(small, T0).after.filter(({ type }) => type === 'applyCanary');
    assert.deepEqual(sized, [{ type: 'applyCanary', revision: 'v2', replicas: 6 }]);
  });

  const promoting = (replicas: number): Observed =>
    inRun({
      primary: aWorkload('v2', { replicas }),
      status: {
        floor: { replicas: 4 },
        phase: 'Promoting',
        run: aShiftedRun(4, 50, { stage: 'promoting', deadline: timeText(T0 + 600_000) }),
      },
    });

  test('the traffic goes back to a promoted primary when that has the pods for all of it', () => {
    assert.equal(decide(promoting(3), T0).status.run?.stage, 'promoting');
    assert.equal(decide(promoting(4), T0).status.run?.stage, 'returning');
  });

  test('a rollback waits for no pod', () => {
    const back = inRun({ target: { ...target, revision: aRevision('v1') }, primary: aWorkload('v1', { replicas: 1 }) });
    const { before, status } = decide(back, T0);
    assert.equal(status.run?.outcome, 'Withdrawn');
    assert.ok(before.some((action) => action.type === 'setRoute' && action.canaryWeight === 0));
  });
});

describe('a Canary that is deleted', () => {
  const services = (selects: 'primary' | 'other') => {
    const { services: all } = anObserved();
    return all.apex === undefined ? all : { ...all, apex: { ...all.apex, selects } };
  };
  const deleted = (parts: Parts, ref: typeof autoscalerRef | typeof scaledObjectRef = autoscalerRef): Observed =>
    scaled(
      {
        canary: { deleting: true },
        services: services('primary'),
        primary: aWorkload('v1', { replicas: 6 }),
        ...parts,
        status: {
          phase: 'Terminating',
          lastTransitionTime: timeText(T0),
          adopted: { replicas: 4, ...(ref === scaledObjectRef ? { scaledObject: 'podinfo' } : {}) },
          ...parts.status,
        },
      },
      ref,
    );

  test('gives the target the size of the primary, KEDA held there until the traffic has come', () => {
    assert.deepEqual(after(deleted({})), [{ type: 'scaleTarget', replicas: 6 }]);
    assert.deepEqual(after(deleted({}, scaledObjectRef)), [
      { type: 'pauseAutoscaler', scaledObject: 'podinfo', replicas: 6 },
      { type: 'scaleTarget', replicas: 6 },
    ]);
    const route = { exists: false, current: false, acceptance: 'unknown', detail: '', since: T0 - 60_000 } as const;
    const back = deleted(
      {
        services: services('other'),
        target: { ...target, replicas: 6, readyReplicas: 6 },
        route,
        autoscaler: { ...KEDA, pausedAt: 6, unpaused: true },
      },
      scaledObjectRef,
    );
    assert.deepEqual(after(back), [{ type: 'restoreAutoscaler', scaledObject: 'podinfo' }]);
  });

  test('takes what the autoscaler leaves of the target, when it has waited long enough for more', () => {
    const less = deleted({ target: { ...target, replicas: 2, readyReplicas: 2 } });
    assert.deepEqual(after(less), [{ type: 'scaleTarget', replicas: 6 }]);
    const types = decide(less, T0 + 600_000).after.map(({ type }) => type);
    assert.deepEqual(types, ['restoreApex']);
  });

  test('lets a ScaledObject go also when there is nobody to give anything back to', () => {
    const { target: _, ...gone } = deleted({}, scaledObjectRef);
    const { after: done } = decide(gone, T0);
    assert.deepEqual(done.map(({ type }) => type).slice(-3), ['restoreAutoscaler', 'deleteOwned', 'removeFinalizer']);
  });
});

describe('a take-over', () => {
  const fresh = (parts: Parts): Observed => {
    const { fewest: _, ...autoscaler } = { ...HPA, current: false };
    const status = { phase: 'Initializing', stable: aStable('v1'), adopted: { replicas: 5 }, ...parts.status } as const;
    const { primary: __, ...bare } = scaled({ autoscaler, ...parts, status });
    return parts.primary === undefined ? bare : { ...bare, primary: parts.primary };
  };
  const sizes = (observed: Observed): unknown =>
    decide(observed, T0).after.flatMap((action) => (action.type === 'applyPrimary' ? action.replicas : []));

  test('is at the size of the target, or where that is at 0 at what its autoscaler has at the least', () => {
    assert.deepEqual(sizes(fresh({ target: { ...target, replicas: 5 } })), [5]);
    assert.deepEqual(sizes(fresh({ status: { adopted: { replicas: 0 } } })), [2]);
    assert.deepEqual(sizes(fresh({ target: { ...target, replicas: 30 } })), [20]);
  });

  test('gives the primary its autoscaler, held up at its size, before the apex leads to it', () => {
    const { apex: _, ...services } = anObserved().services;
    const ready = fresh({ target: { ...target, replicas: 5 }, primary: aWorkload('v1', { replicas: 5 }), services });
    const { after: done, status } = decide(ready, T0);
    assert.deepEqual(done, [{ type: 'applyAutoscaler', floor: 5 }]);
    assert.deepEqual(status.floor, { replicas: 5 });
  });
});
