import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#src/rollout/decide.ts';
import { aCheck, type anObserved, answered, aRoute, aRunning, aShiftedRun, aWorkload, T0 } from './an-observed.ts';
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

test('a canary that lost its pods says which of them and why, where that is known', () => {
  const note = (waiting?: string) => {
    const side = aWorkload('v2', { endpoints: 0, ready: false, ...(waiting === undefined ? {} : { waiting }) });
    return decide(aRunning(aShiftedRun(4, 50), { side, route }), T0 + 1_000).events[0]?.note;
  };
  assert.equal(note(), 'Weight 50% -> 0%: podinfo-canary has no ready pod');
  assert.equal(note('pod x: Evicted'), 'Weight 50% -> 0%: podinfo-canary has no ready pod: pod x: Evicted');
});
