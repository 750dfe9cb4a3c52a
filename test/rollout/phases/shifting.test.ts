import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckStatus, RunStatus } from '#src/api/canary-status.ts';
import { decide } from '#src/rollout/decide.ts';
import type { Observed } from '#src/rollout/observed.ts';
import { timeText } from '#src/rollout/time.ts';
import { aCheck, answered, aRoute, aRunning, aShiftedRun, aWorkload, SPEC, SUCCESS_RATE, T0 } from '../an-observed.ts';
import { NOTHING, shown } from '../shown.ts';

/** End of the first window at a weight that was accepted at T0. */
const END = T0 + 13_000;
const run = aShiftedRun(1, 5);

const judged = (
  checks: readonly CheckStatus[],
  at: RunStatus = run,
  parts: Parameters<typeof aRunning>[1] = {},
): Observed => aRunning(at, { effects: answered(at, END, checks), ...parts });

test('mere waiting writes nothing and wakes when the window ends', () => {
  const first = aRunning(run);
  const observed = { ...first, status: decide(first, T0).status };
  const decision = decide(observed, T0 + 5_000);
  assert.deepEqual(shown(decision), NOTHING);
  assert.equal(decision.status, observed.status);
  assert.equal(decision.wakeAt, END);
});

test('when the window has ended it is asked about, once', () => {
  assert.deepEqual(shown(decide(aRunning(run), END)).effects, [`measure/v2-1/1/${END}`]);
  const running = new Map([[`measure/v2-1/1/${END}`, { state: 'running', since: END } as const]]);
  const decision = decide(aRunning(run, { effects: running }), END + 1_000);
  assert.deepEqual(shown(decision), { ...NOTHING, effects: [`measure/v2-1/1/${END}`] });
});

test('a good window is one status write and one route write', () => {
  const decision = decide(judged([aCheck('pass')]), END);
  assert.deepEqual(shown(decision), {
    ...NOTHING,
    after: ['setRoute 10'],
    events: ['WeightChanged'],
    effects: [`measure/v2-1/1/${END}`],
  });
  assert.equal(decision.events[0]?.note, 'Weight 5% -> 10% (step 2/4)');
  const { step, weight, steps, windowEnd, checks } = decision.status.run ?? aShiftedRun(0, 0);
  assert.deepEqual([step, weight.set, windowEnd, checks.length], [2, 10, undefined, 1]);
  assert.deepEqual(steps, [
    { index: 1, weight: 5, from: timeText(T0), to: timeText(END), level: 'accepted' },
    { index: 2, weight: 10, from: timeText(END) },
  ]);
});

test('the weight waits for the canary to be large enough for it, and gives up at the deadline', () => {
  const parts = { spec: { ...SPEC, analysis: { ...SPEC.analysis, stepWeights: [5, 60] } } };
  const waiting = decide(judged([aCheck('pass')], run, parts), END);
  assert.equal(waiting.status.run?.weight.set, 5);
  assert.equal(waiting.status.run?.deadline, timeText(END + 600_000));
  assert.deepEqual(shown(waiting).after, ['applyCanary v2 x3']);
  const late = { ...run, deadline: timeText(END) };
  assert.equal(decide(judged([aCheck('pass')], late, parts), END).status.run?.cause, 'DeadlineExceeded');
});

test('a bad window holds the weight and counts', () => {
  const decision = decide(judged([aCheck('fail')]), END);
  assert.deepEqual(shown(decision), { ...NOTHING, events: ['CheckFailed'], effects: [`measure/v2-1/1/${END}`] });
  assert.equal(decision.events[0]?.note, 'request-success-rate 48.2 % is below 99 % at 5% (1 of 2 failed windows)');
  assert.equal(decision.status.failedChecks, 1);
  assert.equal(decision.status.run?.windowEnd, timeText(END));
});

test('failures add up also with good windows between them, and the last one allowed takes the traffic away', () => {
  const decision = decide(judged([aCheck('fail')], aShiftedRun(2, 20), { status: { failedChecks: 1 } }), END);
  assert.deepEqual(shown(decision).before, ['setRoute 0 v2-1/RolledBack/ThresholdReached']);
  assert.deepEqual(shown(decision).after, ['writeRun v2-1 RolledBack']);
  assert.deepEqual(shown(decision).events, ['RolledBack']);
  const { run: ended, phase, canaryWeight, history } = decision.status;
  assert.equal(
    ended?.sentence,
    'Rolled back at 20 % after 13 s: request-success-rate 48.2 % is below 99 % (2 of 2 failed windows)',
  );
  assert.deepEqual([ended?.stage, ended?.outcome, phase, canaryWeight], ['ending', 'RolledBack', 'Failed', 0]);
  assert.deepEqual([history[0]?.id, history[0]?.outcome], ['v2-1', 'RolledBack']);
});

test('failures in a row have a limit of their own, and a good window begins the count anew', () => {
  const analysis = { ...SPEC.analysis, threshold: 10, consecutiveThreshold: 2 };
  const parts = { spec: { ...SPEC, analysis } };
  const once = { ...run, consecutiveFailed: 1 };
  assert.match(
    decide(judged([aCheck('fail')], once, parts), END).status.run?.sentence ?? '',
    /2 of 2 failed windows in a row/,
  );
  assert.equal(decide(judged([aCheck('pass')], once, parts), END).status.run?.consecutiveFailed, undefined);
});

test('a metric with a limit of its own reaches it before the run does', () => {
  const parts = {
    spec: { ...SPEC, analysis: { ...SPEC.analysis, threshold: 10 } },
    metrics: [{ ...SUCCESS_RATE, failureLimit: 3 }],
  };
  const twice = { ...run, metricFailures: { 'request-success-rate': 2 } };
  const { status } = decide(judged([aCheck('fail')], twice, parts), END);
  assert.match(status.run?.sentence ?? '', /3 of 3 failures of request-success-rate/);
});

test('without evidence the weight is held: no data, an error, an answer that is missing, or no number', () => {
  const cases = [[aCheck('noData')], [aCheck('error')], [], [aCheck('pass', { value: Number.NaN })]];
  for (const checks of cases) {
    const decision = decide(judged(checks), END);
    assert.equal(decision.status.run?.weight.set, 5);
    assert.equal(decision.status.run?.consecutiveNoData, 1);
    assert.equal(decision.status.failedChecks, 0);
    assert.deepEqual(decision.after, []);
  }
  assert.deepEqual(shown(decide(judged([aCheck('noData')]), END)).events, ['NoData']);
  assert.deepEqual(shown(decide(judged([aCheck('error')]), END)).events, ['MetricsUnavailable']);
});

test('a metric that could not be resolved is never passed over', () => {
  const spec = {
    ...SPEC,
    analysis: { ...SPEC.analysis, metrics: [...(SPEC.analysis?.metrics ?? []), { name: 'queue' }] },
  };
  const decision = decide(judged([aCheck('pass')], run, { spec }), END);
  assert.equal(decision.status.run?.consecutiveNoData, 1);
});

test('a question that keeps failing for a whole interval is no evidence', () => {
  const failed = { state: 'failed', error: 'connection refused', attempts: 3, retryAt: END + 60_000 } as const;
  const effects = new Map([[`measure/v2-1/1/${END}`, failed]]);
  const early = decide(aRunning(run, { effects }), END + 9_999);
  assert.equal(early.status.run?.consecutiveNoData, undefined);
  assert.equal(early.wakeAt, END + 10_000);
  const late = decide(aRunning(run, { effects }), END + 10_000);
  assert.equal(late.status.run?.consecutiveNoData, 1);
  assert.match(late.events[0]?.note ?? '', /connection refused/);
});

test('three windows in a row without evidence step back to the first weight, before the status says so', () => {
  const blind = aShiftedRun(3, 25, { consecutiveNoData: 2, noDataSince: timeText(T0) });
  const decision = decide(judged([aCheck('noData')], blind), END);
  assert.deepEqual(shown(decision).before, [`setRoute 5 v2-1/back/${timeText(T0)}`]);
  assert.deepEqual([decision.status.run?.step, decision.status.run?.weight.set], [1, 5]);
  const first = aShiftedRun(1, 5, { consecutiveNoData: 2, noDataSince: timeText(T0) });
  assert.deepEqual(decide(judged([aCheck('noData')], first), END).before, []);
});

test('after ten minutes without evidence a person has to decide, and is told once', () => {
  const blind = aShiftedRun(1, 5, { consecutiveNoData: 40, noDataSince: timeText(END - 600_000) });
  const alerts = [{ provider: 'shop/slack', severity: 'warn' } as const];
  const decision = decide(judged([aCheck('noData')], blind, { alerts }), END);
  assert.deepEqual(shown(decision).events, ['Held']);
  assert.equal(decision.status.run?.held, 'No evidence for 10 min: request-success-rate: no requests');
  assert.deepEqual(
    decision.status.outbox.map(({ topic }) => topic),
    ['held'],
  );
  const stalled = decision.status.conditions.find(({ type }) => type === 'Stalled');
  assert.deepEqual([stalled?.status, stalled?.reason], ['True', 'Held']);
  const held = { ...blind, held: 'No evidence' };
  assert.deepEqual(shown(decide(judged([aCheck('noData')], held, { alerts }), END)).events, []);
});

const HOPELESS = 'No window can be judged: request-success-rate: no requests';

test('windows that will never tell anything are for a person to decide about at once, who is told once', () => {
  const alerts = [{ provider: 'shop/slack', severity: 'warn' } as const];
  const effects = answered(run, END, [aCheck('noData')], [aCheck('noData').name]);
  const { events, status } = decide(aRunning(run, { effects, alerts }), END);
  assert.deepEqual(events, [{ reason: 'Held', note: HOPELESS }]);
  const { weight, held, outcome, noDataSince } = status.run ?? assert.fail();
  assert.deepEqual([weight.set, held, outcome, noDataSince], [5, HOPELESS, undefined, timeText(END)]);
  assert.equal(status.conditions.find(({ type }) => type === 'Stalled')?.message, HOPELESS);
  assert.deepEqual([status.outbox.map(({ topic }) => topic), status.failedChecks], [['held'], 0]);
  const again = decide(aRunning({ ...run, held: HOPELESS, noDataSince: timeText(T0) }, { effects, alerts }), END);
  assert.deepEqual([again.status.run?.held, again.status.outbox], [HOPELESS, []]);
  assert.ok(!shown(again).events.includes('Held'));
});

test('what a hold says follows the reason, and nobody is told again', () => {
  const heldBy = (held: string, since: number, hopeless: readonly string[]) => {
    const before = aShiftedRun(1, 5, { held, consecutiveNoData: 9, noDataSince: timeText(since) });
    const effects = answered(before, END, [aCheck('noData')], hopeless);
    const decision = decide(aRunning(before, { effects }), END);
    assert.deepEqual(shown(decision).events, []);
    return decision.status.run?.held;
  };
  const long = END - 660_000;
  assert.equal(heldBy('No evidence for 10 min: x', long, ['request-success-rate']), HOPELESS);
  assert.equal(heldBy(HOPELESS, END - 60_000, []), HOPELESS);
  assert.equal(heldBy(HOPELESS, long, []), 'No evidence for 11 min: request-success-rate: no requests');
  assert.equal(heldBy('No evidence for 10 min: x', long, []), 'No evidence for 10 min: x');
});

test('a metric that only looks on holds nothing, and one that fails counts, whatever the windows will tell', () => {
  const parts = { metrics: [{ ...SUCCESS_RATE, dryRun: true }] };
  const hopeless = [SUCCESS_RATE.name];
  const looksOn = aRunning(run, { ...parts, effects: answered(run, END, [aCheck('noData')], hopeless) });
  assert.equal(decide(looksOn, END).status.run?.held, undefined);
  const failing = aRunning(run, { effects: answered(run, END, [aCheck('fail')], hopeless) });
  assert.equal(decide(failing, END).status.failedChecks, 1);
});

test('evidence that comes back ends the hold', () => {
  const held = aShiftedRun(1, 5, { held: 'No evidence', consecutiveNoData: 40, noDataSince: timeText(T0 - 600_000) });
  const { run: next } = decide(judged([aCheck('pass')], held), END).status;
  assert.deepEqual(
    [next?.weight.set, next?.held, next?.consecutiveNoData, next?.noDataSince],
    [10, undefined, undefined, undefined],
  );
});

test('a route that is refused holds the run with its words, and ends it at the deadline', () => {
  const route = aRoute({ canaryWeight: 5, acceptance: 'refused', detail: 'backend not permitted', since: T0 });
  const held = decide(aRunning(run, { route }), T0 + 1_000);
  assert.deepEqual(shown(held).events, ['RouteNotAccepted']);
  assert.equal(held.status.run?.held, 'The route is not accepted: backend not permitted');
  assert.equal(held.wakeAt, T0 + 600_000);
  const late = decide(aRunning(run, { route }), T0 + 600_000);
  assert.equal(late.status.run?.cause, 'RouteNotObserved');
  assert.deepEqual(shown(late).before, ['setRoute 0 v2-1/RolledBack/RouteNotObserved']);
  const accepted = decide(aRunning({ ...run, held: 'The route is not accepted: x' }), T0 + 1_000);
  assert.equal(accepted.status.run?.held, undefined);
});

test("the weight of somebody else's hand goes back to the recorded one, never above", () => {
  const foreign = (canaryWeight: number) => aRoute({ canaryWeight, foreignManager: 'kubectl', since: T0 });
  const high = decide(aRunning(aShiftedRun(2, 10), { route: foreign(90) }), T0 + 1_000);
  assert.deepEqual(shown(high), { ...NOTHING, before: ['setRoute 10'], events: ['RouteDrift'] });
  const low = decide(aRunning(aShiftedRun(2, 10), { route: foreign(0) }), T0 + 1_000);
  assert.deepEqual(shown(low), { ...NOTHING, after: ['setRoute 10'], events: ['RouteDrift'] });
});

test('a raise that a crash cut off between status and route is finished', () => {
  const decision = decide(aRunning(aShiftedRun(2, 10), { route: aRoute({ canaryWeight: 5 }) }), T0 + 1_000);
  assert.deepEqual(shown(decision), { ...NOTHING, after: ['setRoute 10'] });
});

test('a canary that has lost its pods gets no traffic, and is given its time again', () => {
  const side = aWorkload('v2', { ready: false, endpoints: 0, waiting: 'Node node-1 is gone' });
  const decision = decide(aRunning(aShiftedRun(3, 25), { side }), T0 + 5_000);
  assert.deepEqual(shown(decision).before, [`setRoute 0 v2-1/restart/${timeText(T0)}`]);
  const { run: again } = decision.status;
  assert.deepEqual([again?.stage, again?.step, again?.weight.set, again?.restarts], ['scaling', 0, 0, 1]);
  assert.equal(again?.deadline, timeText(T0 + 605_000));
});

test('losing the pods again and again is a verdict', () => {
  const side = aWorkload('v2', { endpoints: 0, waiting: 'Pod podinfo-canary-x: OOMKilled' });
  const { status } = decide(aRunning(aShiftedRun(3, 25, { restarts: 2 }), { side }), T0 + 5_000);
  assert.deepEqual([status.run?.outcome, status.run?.cause], ['RolledBack', 'NoCanaryTraffic']);
  assert.match(status.run?.sentence ?? '', /lost all its ready pods 3 times: Pod podinfo-canary-x: OOMKilled/);
});

test('pods of another revision are no canary', () => {
  const decision = decide(aRunning(aShiftedRun(3, 25), { side: aWorkload('v9') }), T0 + 5_000);
  assert.deepEqual(shown(decision).before, [`setRoute 0 v2-1/restart/${timeText(T0)}`]);
});

test('traffic stays where it is while the primary has nobody to take it', () => {
  const primary = aWorkload('v1', { endpoints: 0 });
  const observed = judged([aCheck('fail')], aShiftedRun(2, 20), { primary, status: { failedChecks: 1 } });
  const decision = decide(observed, END);
  assert.deepEqual(decision.before, []);
  assert.equal(decision.status.run?.outcome, 'RolledBack');
  assert.equal(decision.status.canaryWeight, 20);
  const back = decide({ ...observed, primary: aWorkload('v1'), status: decision.status }, END + 1);
  assert.deepEqual(shown(back).before, ['setRoute 0 v2-1/RolledBack/ThresholdReached']);
  assert.equal(back.status.canaryWeight, 0);
});

test('a route that was changed beside its weight is never written again behind a verdict', () => {
  const route = aRoute({ canaryWeight: 20, current: false, since: T0 });
  const decision = decide(judged([aCheck('fail')], aShiftedRun(2, 20), { route, status: { failedChecks: 1 } }), END);
  assert.deepEqual(shown(decision).before, ['setRoute 0 v2-1/RolledBack/ThresholdReached']);
  assert.deepEqual(shown(decision).after, ['writeRun v2-1 RolledBack']);
  const primary = aWorkload('v1', { endpoints: 0 });
  const stuck = decide(
    judged([aCheck('fail')], aShiftedRun(2, 20), { route, primary, status: { failedChecks: 1 } }),
    END,
  );
  assert.deepEqual([stuck.before, shown(stuck).after], [[], ['writeRun v2-1 RolledBack']]);
  const raised = decide(judged([aCheck('pass')], aShiftedRun(2, 10), { route: { ...route, canaryWeight: 10 } }), END);
  assert.deepEqual(
    shown(raised).after.filter((action) => action.startsWith('setRoute')),
    ['setRoute 25'],
  );
});
