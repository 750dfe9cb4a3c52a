import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#src/rollout/decide.ts';
import { aCheck, type anObserved, answered, aRoute, aRunning, aShiftedRun, aWorkload, T0 } from './an-observed.ts';
import { aHook, hooked } from './hooks/a-hook.ts';
import { shown } from './shown.ts';

const run = aShiftedRun(4, 50, { consecutiveNoData: 2, noDataSince: '2026-11-21T08:00:00.000Z' });
const effects = answered(run, T0 + 13_000, [aCheck('noData')]);
const route = aRoute({ canaryWeight: 50, since: T0 });

test('for want of evidence nothing is given back to a primary that has no ready pod', () => {
  const before = (observed: ReturnType<typeof anObserved>) => shown(decide(observed, T0 + 13_000)).before;
  assert.deepEqual(before(aRunning(run, { effects, route })), [`setRoute 5 v2-1/back/${run.weight.since}`]);
  const primary = aWorkload('v1', { endpoints: 0, ready: false });
  assert.deepEqual(before(aRunning(run, { effects, route, primary })), []);
});

test('a gate that the run waited at is come to anew after a way back, with all its time', () => {
  const gate = { name: 'yes', type: 'confirm-promotion', step: 4, since: run.weight.since, state: 'Waiting' } as const;
  const opened = { ...gate, name: 'start', type: 'confirm-rollout', state: 'Open' } as const;
  const waiting = { ...run, gates: [opened, gate] };
  const hook = aHook('yes', 'confirm-promotion');
  const gatesOf = (parts: Parameters<typeof hooked>[2]) =>
    decide(hooked([hook], waiting, { route, ...parts }), T0 + 13_000).status.run?.gates;
  assert.deepEqual(gatesOf({ effects }), [opened]);
  const side = aWorkload('v2', { endpoints: 0, ready: false });
  assert.deepEqual(gatesOf({ side }), [opened]);
});

test('a canary that lost its pods says which of them and why, where that is known', () => {
  const note = (waiting?: string) => {
    const side = aWorkload('v2', { endpoints: 0, ready: false, ...(waiting === undefined ? {} : { waiting }) });
    return decide(aRunning(aShiftedRun(4, 50), { side, route }), T0 + 1_000).events[0]?.note;
  };
  assert.equal(note(), 'Weight 50% -> 0%: podinfo-canary has no ready pod');
  assert.equal(note('pod x: Evicted'), 'Weight 50% -> 0%: podinfo-canary has no ready pod: pod x: Evicted');
});
