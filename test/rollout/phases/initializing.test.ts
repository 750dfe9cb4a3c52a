import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#src/rollout/decide.ts';
import type { Observed } from '#src/rollout/observed.ts';
import { anObserved, aRevision, aRoute, aStable, aWorkload, T0 } from '../an-observed.ts';
import { shown } from '../shown.ts';

const FRESH = { observedGeneration: 1, conditions: [], quarantine: [], outbox: [], history: [] };

/** A target that serves three pods and has never been taken over. */
const untouched = (): Observed => {
  const { primary: _primary, ...observed } = anObserved({
    target: { uid: 'uid-t', deleting: false, replicas: 3, readyReplicas: 3, revision: aRevision('v1') },
    services: { apex: { selects: 'other', current: false, endpointsMatch: false } },
    route: { exists: false, current: false, acceptance: 'pending', detail: 'no route', since: T0 },
    canary: { hasFinalizer: false },
    pinned: [],
  });
  return { ...observed, status: FRESH };
};

test('what stood before is recorded before the first thing is changed', () => {
  const decision = decide(untouched(), T0);
  assert.deepEqual(shown(decision), { before: [], after: ['addFinalizer'], events: [], effects: [] });
  assert.deepEqual(decision.status.adopted, {
    replicas: 3,
    target: 'podinfo',
    kind: 'Deployment',
    service: 'podinfo',
    provider: 'gatewayapi',
  });
  assert.equal(decision.status.phase, 'Initializing');
});

test('who takes over on a data plane at its end is told where to go', () => {
  const endOfLife = 'App Mesh is at its end; move to VPC Lattice';
  const current = { current: true, endpointsMatch: true };
  const taken = decide(
    anObserved({
      target: { uid: 'uid-t', deleting: false, replicas: 0, readyReplicas: 0, revision: aRevision('v1') },
      services: {
        apex: { selects: 'primary', ...current },
        primary: { selects: 'primary', ...current },
        canary: { selects: 'canary', ...current },
      },
      route: aRoute({ endOfLife }),
      status: { phase: 'Initializing' },
    }),
    T0 + 60_000,
  );
  assert.deepEqual(
    taken.events.filter(({ reason }) => reason === 'EndOfLife'),
    [{ reason: 'EndOfLife', note: endOfLife }],
  );
});

test('each step waits until the one before it has been observed', () => {
  const current = { current: true, endpointsMatch: true };
  const primary = { selects: 'primary', ...current } as const;
  const canary = { selects: 'canary', ...current, endpointsMatch: false } as const;
  const apex = { selects: 'primary', ...current } as const;
  const target = { uid: 'uid-t', deleting: false, readyReplicas: 3, revision: aRevision('v1') };
  let observed = untouched();
  const steps: readonly (readonly [Partial<Observed>, readonly string[]])[] = [
    [{ canary: { ...observed.canary, hasFinalizer: true } }, ['pinRevision v1']],
    [{ pinned: ['v1'] }, ['applyPrimary v1 x3']],
    [{ primary: aWorkload('v1', { replicas: 3, ready: false, endpoints: 0, waiting: '0 of 3 pods ready' }) }, []],
    [{ primary: aWorkload('v1', { replicas: 3, endpoints: 0 }) }, ['applyService primary', 'applyService canary']],
    [{ services: { ...observed.services, primary } }, ['applyService canary']],
    [{ primary: aWorkload('v1', { replicas: 3 }) }, ['applyService canary']],
    [{ services: { ...observed.services, primary, canary } }, ['applyService apex']],
    [{ services: { primary, canary, apex: { ...apex, endpointsMatch: false } } }, []],
    [{ services: { primary, canary, apex } }, ['setRoute 0']],
    [{ route: aRoute({ acceptance: 'pending', since: T0 }) }, []],
    [{ route: aRoute({ since: T0 - 2_999 }) }, []],
    [{ route: aRoute({ since: T0 - 3_000 }) }, ['scaleTarget 0']],
    [{ target: { ...target, replicas: 0 } }, []],
  ];
  for (const [seen, wanted] of steps) {
    const { status } = decide(observed, T0);
    observed = { ...observed, ...seen, status };
    const decision = decide(observed, T0);
    assert.deepEqual(shown(decision).after, wanted);
    assert.deepEqual(decision.before, []);
  }
  const done = decide(observed, T0);
  assert.deepEqual(shown(done).events, ['Initialized']);
  assert.equal(done.status.phase, 'Initialized');
  assert.deepEqual(done.status.stable, aStable('v1'));
  assert.deepEqual(done.status.adopted, {
    replicas: 3,
    kind: 'Deployment',
    target: 'podinfo',
    service: 'podinfo',
    provider: 'gatewayapi',
  });
});

test('the wait for the traffic to settle has an end', () => {
  const observed = anObserved({
    status: { phase: 'Initializing' },
    target: { uid: 'uid-t', deleting: false, replicas: 3, readyReplicas: 3, revision: aRevision('v1') },
    route: aRoute({ since: T0, acceptance: 'unknown' }),
    primary: aWorkload('v1', { replicas: 3 }),
  });
  const decision = decide(observed, T0 + 1);
  assert.deepEqual(decision.after, []);
  assert.equal(decision.wakeAt, T0 + 3_000);
  assert.deepEqual(shown(decide(observed, T0 + 3_000)).after, ['scaleTarget 0']);
});

test('what is said while it waits names the pod and its reason', () => {
  const waiting = 'Pod podinfo-primary-x: ImagePullBackOff';
  const observed = anObserved({
    status: { phase: 'Initializing' },
    primary: aWorkload('v1', { ready: false, endpoints: 0, waiting }),
  });
  const { conditions } = decide(observed, T0).status;
  const reconciling = conditions.find(({ type }) => type === 'Reconciling');
  assert.equal(reconciling?.status, 'True');
  assert.match(reconciling?.message ?? '', /podinfo-primary to be ready: Pod podinfo-primary-x: ImagePullBackOff/);
  assert.equal(conditions.find(({ type }) => type === 'Promoted')?.status, 'Unknown');
});

test('a push in the middle of the take-over does not reach the primary: it is judged afterwards', () => {
  const target = { uid: 'uid-t', deleting: false, replicas: 0, readyReplicas: 0, revision: aRevision('v2') };
  const observed = anObserved({ status: { phase: 'Initializing' }, target });
  const initialized = decide(observed, T0);
  assert.deepEqual(shown(initialized).events, ['RevisionDetected', 'Initialized']);
  assert.equal(initialized.status.stable?.revision, 'v1');
  const next = decide({ ...observed, status: initialized.status }, T0);
  assert.equal(next.status.run?.revision, 'v2');
});

test('a push before anything was stored is what is taken over', () => {
  const { primary: _primary, ...observed } = anObserved({
    status: { phase: 'Initializing' },
    pinned: [],
    target: { uid: 'uid-t', deleting: false, replicas: 3, readyReplicas: 3, revision: aRevision('v2') },
  });
  const decision = decide(observed, T0);
  assert.deepEqual(shown(decision).after, ['pinRevision v2']);
  assert.equal(decision.status.stable?.revision, 'v2');
});

test('the primary grows with the target as long as that serves, and never below one pod', () => {
  const services = { apex: { selects: 'other', current: false, endpointsMatch: false } } as const;
  const target = { uid: 'uid-t', deleting: false, replicas: 9, readyReplicas: 9, revision: aRevision('v1') };
  const grown = decide(anObserved({ status: { phase: 'Initializing' }, services, target }), T0);
  assert.deepEqual(shown(grown).after, ['applyPrimary v1 x9']);
  const { primary: _primary, ...none } = anObserved({
    status: { phase: 'Initializing', adopted: { replicas: 0 } },
    services,
    target: { ...target, replicas: 0 },
  });
  assert.deepEqual(shown(decide(none, T0)).after, ['applyPrimary v1 x1']);
});

test('a route that is refused stops the take-over with its words', () => {
  const observed = anObserved({
    status: { phase: 'Initializing' },
    route: aRoute({ acceptance: 'refused', detail: 'Gateway edge does not allow routes from shop' }),
  });
  const decision = decide(observed, T0);
  assert.deepEqual(decision.after, []);
  assert.match(decision.status.conditions.find(({ type }) => type === 'Ready')?.message ?? '', /does not allow routes/);
});

test('a primary that cannot run what it took over is told at its deadline, and gives way to a fix', () => {
  const services = { apex: { selects: 'other', current: false, endpointsMatch: false } } as const;
  const target = { uid: 'uid-t', deleting: false, replicas: 4, readyReplicas: 0, revision: aRevision('v1') };
  const primary = aWorkload('v1', { ready: false, endpoints: 0, waiting: 'pod x: CrashLoopBackOff' });
  const broken = anObserved({ status: { phase: 'Initializing' }, services, target, primary });
  assert.equal(decide(broken, T0).wakeAt, T0 + 600_000);
  const late = decide(broken, T0 + 600_000);
  assert.deepEqual(late.events, [
    { reason: 'DeadlineExceeded', note: 'podinfo-primary was not ready within 600 s: pod x: CrashLoopBackOff' },
  ]);
  const fixed = { ...broken, target: { ...target, revision: aRevision('v2') } };
  assert.deepEqual(shown(decide(fixed, T0 + 599_999)).after, [], 'the first one may still come up');
  const adopted = decide({ ...fixed, pinned: ['v1'] }, T0 + 600_000);
  assert.deepEqual([adopted.status.stable?.revision, shown(adopted).after], ['v2', ['pinRevision v2']]);
  const gaveUp = { ...fixed, primary: { ...primary, deadlineExceeded: true } };
  assert.equal(decide(gaveUp, T0).status.stable?.revision, 'v2');
  const moved = { apex: { selects: 'primary', current: true, endpointsMatch: true } } as const;
  assert.equal(decide({ ...gaveUp, services: moved }, T0).status.stable?.revision, 'v1', 'users depend on it by then');
});
