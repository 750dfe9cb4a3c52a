import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#src/rollout/decide.ts';
import { fightNote, foughtBy } from '#src/rollout/fight.ts';
import type { FightView } from '#src/rollout/observed.ts';
import { anObserved, aRoute, aRunning, aShiftedRun, aWorkload, T0 } from './an-observed.ts';

const fight: FightView = { kind: 'HTTPRoute', name: 'podinfo', field: '/spec/rules', times: 12, by: 'helm-controller' };

test('a fight is a Stalled condition and an event, told again when it has become much more', () => {
  const said = (times: number, before = anObserved()) =>
    decide({ ...before, fights: [{ ...fight, times }] }, T0 + times);
  const first = said(12);
  const note =
    'helm-controller and Serin write /spec/rules of HTTPRoute podinfo by turns: it was put back at least 10 times, from now on less often. To end this, annotate HTTPRoute podinfo in Git with kustomize.toolkit.fluxcd.io/ssa: IfNotPresent';
  assert.deepEqual(first.events, [{ reason: 'RouteDrift', note }]);
  const stalled = first.status.conditions.find(({ type }) => type === 'Stalled');
  assert.deepEqual([stalled?.status, stalled?.message], ['True', note]);
  const again = anObserved({ status: first.status });
  assert.deepEqual([said(19, again).events, said(19, again).status], [[], first.status]);
  assert.match(said(20, again).events[0]?.note ?? '', /at least 20 times/);
  const peace = decide(again, T0 + 60_000);
  assert.equal(peace.status.conditions.find(({ type }) => type === 'Stalled')?.status, 'False');
});

test('it is told in steps of one, two and five', () => {
  const times = (count: number) => fightNote({ ...anObserved(), fights: [{ ...fight, times: count }] })?.note ?? '';
  const steps = [10, 19, 20, 49, 50, 99, 100, 4_999].map((count) => /at least (\d+)/.exec(times(count))?.[1]);
  assert.deepEqual(steps, ['10', '10', '20', '20', '50', '50', '100', '2000']);
});

test('what is fought over, and with whom, follows from what is put right', () => {
  const observed = anObserved({
    route: aRoute({ foreignManager: 'helm' }),
    primary: aWorkload('v1', { changedBy: 'kubectl-edit' }),
  });
  const by = (action: Parameters<typeof foughtBy>[1]) => {
    const found = foughtBy(observed, action);
    return found && [found.fought.kind, found.fought.name, found.fought.field, found.by];
  };
  assert.deepEqual(by({ type: 'setRoute', canaryWeight: 0 }), ['HTTPRoute', 'podinfo', '/spec/rules', 'helm']);
  assert.deepEqual(by({ type: 'applyPrimary', revision: 'v1', replicas: 4 }), [
    'Deployment',
    'podinfo-primary',
    '/spec/template',
    'kubectl-edit',
  ]);
  assert.deepEqual(by({ type: 'applyService', service: 'canary' }), [
    'Service',
    'podinfo-canary',
    '/spec/selector',
    undefined,
  ]);
  assert.equal(by({ type: 'removeFinalizer' }), undefined);
});

test('a run that nobody could judge for want of peace is given up, however often the route has begun anew', () => {
  const run = aShiftedRun(2, 10);
  const observed = aRunning(run, { fights: [fight], route: aRoute({ canaryWeight: 90, since: T0 + 599_000 }) });
  assert.equal(decide(observed, T0 + 599_999).status.run?.outcome, undefined);
  const decision = decide(observed, T0 + 600_000);
  assert.deepEqual([decision.status.run?.outcome, decision.status.run?.cause], ['RolledBack', 'RouteNotObserved']);
});
