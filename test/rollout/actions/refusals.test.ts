import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#src/rollout/decide.ts';
import type { Observed } from '#src/rollout/observed.ts';
import { timeText } from '#src/rollout/time.ts';
import { aHistory, anObserved, aRoute, aRun, aRunning, aShiftedRun, T0 } from '../an-observed.ts';
import { anAction, asking, decided, echoes, NOW, withoutSide } from './an-action.ts';

const run = aShiftedRun(3, 25);

const refusals: readonly (readonly [what: string, observed: Observed, says: string])[] = [
  [
    'another run than the one that is going on',
    asking(aRunning(run), anAction({ run: 'v2-0' })),
    'Cannot abort podinfo: run v2-0 is meant, but v2-1 is going on; to see it: serin get canary podinfo',
  ],
  [
    'another revision than the run judges',
    asking(aRunning(run), anAction({ revision: 'v3' })),
    'Cannot abort podinfo: revision v3 is meant, but run v2-1 judges v2; to see it: serin get canary podinfo',
  ],
  [
    'a run that is over',
    asking(anObserved({ status: { history: [aHistory()] } }), anAction()),
    'Cannot abort podinfo: run v2-1 is over: RolledBack',
  ],
  [
    'a run where there is none',
    asking(anObserved(), anAction()),
    'Cannot abort podinfo: no run is going on, podinfo-primary serves v1',
  ],
  [
    'a run that has left the history',
    asking(
      aRunning(run, { status: { ...anObserved().status, history: [aHistory({ id: 'v2-9' })], runs: 9 } }),
      anAction({ run: 'v2-9' }),
    ),
    'Cannot abort podinfo: run v2-9 is over: RolledBack',
  ],
  [
    'what came too late',
    asking(aRunning(run), anAction({ verb: 'promote', expiresAt: T0 + 20_500 })),
    'Cannot promote podinfo: it counted until 2026-11-21T08:00:20Z: ask for it again',
  ],
  [
    'what raises, an hour after it was asked for',
    asking(aRunning(run), anAction({ verb: 'promoteFull', createdAt: T0 - 3_600_000 })),
    'Cannot promote podinfo: it counted until 2026-11-21T08:00:00Z: ask for it again',
  ],
  [
    'a Canary that is being deleted',
    asking(aRunning(run, { canary: { deleting: true } }), anAction()),
    'Cannot abort podinfo: it is being deleted',
  ],
  [
    'a Canary whose names have changed under a run',
    asking(aRunning(run, { status: { adopted: { replicas: 4, target: 'other', service: 'podinfo' } } }), anAction()),
    'Cannot abort podinfo: spec.targetRef.name: Found "podinfo", but this Canary has taken over "other": put that back, or delete this Canary, which gives everything back, and create another',
  ],
  [
    'a pause of a promotion',
    asking(aRunning({ ...run, stage: 'promoting' }), anAction({ verb: 'pause' })),
    'Cannot pause podinfo: podinfo-primary is getting v2 already, which is brought to its end',
  ],
  [
    'an abort of what serves already',
    asking(aRunning({ ...run, stage: 'returning', weight: { set: 0, since: timeText(T0) } }), anAction()),
    'Cannot abort podinfo: podinfo-primary serves v2 already: revert it in Git',
  ],
  [
    'resuming what is not paused',
    asking(aRunning(run), anAction({ verb: 'resume' })),
    'Cannot resume podinfo: run v2-1 is not paused',
  ],
  [
    'resuming what is held: a hold is no pause',
    asking(aRunning({ ...run, held: 'No evidence for 10 min' }), anAction({ verb: 'resume' })),
    'Cannot resume podinfo: run v2-1 is not paused, it is held: No evidence for 10 min; to go on all the same: serin promote podinfo; to end it: serin abort podinfo',
  ],
  [
    'a promotion past a gate',
    asking(
      aRunning({
        ...run,
        gates: [{ name: 'check', type: 'confirm-promotion', step: 4, since: timeText(T0), state: 'Waiting' }],
      }),
      anAction({ verb: 'promote' }),
    ),
    'Cannot promote podinfo: gate "check" of run v2-1 is not open: it waits for an answer; to open it: serin approve podinfo check',
  ],
  [
    'a full promotion past a gate',
    asking(
      aRunning({
        ...run,
        gates: [
          { name: 'check', type: 'confirm-promotion', step: 4, since: timeText(T0), state: 'Waiting', reason: '403' },
        ],
      }),
      anAction({ verb: 'promoteFull' }),
    ),
    'Cannot promote podinfo: gate "check" of run v2-1 is not open: 403; to open it: serin approve podinfo check',
  ],
  [
    'a step past a failed window',
    asking(
      aRunning({
        ...run,
        consecutiveFailed: 1,
        checks: [
          { name: 'request-success-rate', at: timeText(T0), value: 48.2, min: 99, unit: '%', verdict: 'fail' },
          { name: 'ignored', at: timeText(T0), value: 1, max: 0, verdict: 'fail', dryRun: true },
        ],
      }),
      anAction({ verb: 'promote' }),
    ),
    'Cannot promote podinfo: the last window at 25 % has failed: request-success-rate 48.2 % is below 99 %; the next one decides, or to promote it without further analysis: serin promote podinfo --full',
  ],
  [
    'a step before the canary is ready',
    asking(withoutSide(aRun()), anAction({ verb: 'promote' })),
    'Cannot promote podinfo: podinfo-canary is not ready: its pods are starting; the run goes on as soon as it is',
  ],
  [
    'a step to a route that is refused',
    asking(
      aRunning(run, { route: aRoute({ canaryWeight: 25, acceptance: 'refused', detail: 'no such Gateway' }) }),
      anAction({ verb: 'promote' }),
    ),
    'Cannot promote podinfo: the route is not accepted: no such Gateway',
  ],
  [
    'a gate that the run has not come to',
    asking(aRunning(run), anAction({ verb: 'approve', gate: 'check' })),
    'Cannot approve podinfo: run v2-1 has come to no gate "check": none waits',
  ],
  [
    'a gate of another name',
    asking(
      aRunning({
        ...run,
        gates: [{ name: 'check', type: 'confirm-rollout', step: 0, since: timeText(T0), state: 'Waiting' }],
      }),
      anAction({ verb: 'reject', gate: 'chekc' }),
    ),
    'Cannot reject podinfo: run v2-1 has come to no gate "chekc": "check" waits',
  ],
  [
    'a gate that somebody else has decided',
    asking(
      aRunning({
        ...run,
        gates: [{ name: 'check', type: 'confirm-rollout', step: 0, since: timeText(T0), state: 'Approved', by: 'bob' }],
      }),
      anAction({ verb: 'reject', gate: 'check' }),
    ),
    'Cannot reject podinfo: gate "check" of run v2-1 waits for nobody: bob has approved it',
  ],
];

for (const [what, observed, says] of refusals) {
  test(`refuses ${what}, and says what is there`, () => {
    const decision = decided(observed);
    const { run: after, handled, ...rest } = decision.status;
    const plain = decide({ ...observed, actions: [] }, NOW);
    const { run: without, handled: _none, ...other } = plain.status;
    assert.deepEqual([after, rest], [without, other], 'nothing else is changed by it');
    assert.deepEqual(echoes(decision), [`Refused: ${says}`]);
    assert.deepEqual(
      decision.events.filter(({ reason }) => reason === 'ActionRefused').map(({ note }) => note),
      [`${says}; asked for by alice@example.com`],
    );
    assert.deepEqual(
      handled?.map(({ state }) => state),
      ['Refused'],
    );
  });
}
