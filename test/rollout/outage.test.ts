import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#src/rollout/decide.ts';
import type { Observed } from '#src/rollout/observed.ts';
import { timeText } from '#src/rollout/time.ts';
import { aCheck, anObserved, answered, aRoute, aRunning, aShiftedRun, aWorkload, T0 } from './an-observed.ts';
import { shown } from './shown.ts';

const down = aWorkload('v1', { endpoints: 0, ready: false, waiting: '0 of 4 pods ready' });
const alerts = [
  { provider: 'shop/on-call', severity: 'error' } as const,
  { provider: 'shop/team', severity: 'info' } as const,
];
/** What is decided when `observed` is looked at again and again, at these times after T0. */
const looks = (observed: Observed, times: readonly number[]) => {
  let { status } = observed;
  return times.map((ms) => {
    const decision = decide({ ...observed, status }, T0 + ms);
    status = decision.status;
    return decision;
  });
};
const outageOf = ({ status }: { readonly status: Observed['status'] }) => status.outage;

test('when nobody answers users for ten seconds, people are called once, as critical', () => {
  const observed = anObserved({ primary: down, alerts });
  const [first, early, due, later] = looks(observed, [0, 9_999, 10_000, 60_000]);
  assert.deepEqual(
    [first && outageOf(first), first?.wakeAt, first?.events],
    [{ since: timeText(T0) }, T0 + 10_000, []],
  );
  assert.deepEqual(early?.events, []);
  assert.deepEqual(due?.events, [
    {
      reason: 'PrimaryNotReady',
      note: 'podinfo-primary has no ready pod: 0 of 4 pods ready; no request is answered',
    },
  ]);
  assert.deepEqual(
    due?.status.outbox.map(({ topic, run, provider }) => [topic, run, provider]),
    [
      ['held', undefined, 'shop/on-call'],
      ['held', undefined, 'shop/team'],
    ],
  );
  assert.deepEqual([later?.events, later?.status.outbox.length], [[], 2], 'told once');
  const [told] = decide({ ...observed, status: due?.status ?? assert.fail() }, T0 + 60_000).effects;
  assert.ok(told?.kind === 'notify');
  assert.deepEqual(
    [told.message.severity, told.message.title, told.message.text],
    [
      'error',
      'podinfo v1: nobody answers users',
      'podinfo-primary has no ready pod: 0 of 4 pods ready; no request is answered. Traffic stays where it is until a side can take it; a person has to look at the cluster.',
    ],
  );
});

test('it is over when somebody answers again; a message that was not sent by then is dropped', () => {
  const [, due] = looks(anObserved({ primary: down, alerts }), [0, 10_000]);
  const well = decide(anObserved({ alerts, status: due?.status ?? assert.fail() }), T0 + 20_000);
  assert.equal(outageOf(well), undefined);
  const after = decide(anObserved({ alerts, status: well.status }), T0 + 21_000);
  assert.deepEqual([after.effects, after.status.outbox], [[], []]);
  const short = looks(anObserved({ primary: down }), [0]);
  assert.equal(outageOf(decide(anObserved({ status: short[0]?.status ?? assert.fail() }), T0 + 5_000)), undefined);
});

test('traffic stays where some of it works, also when the canary fails, until the primary can take it', () => {
  const run = aShiftedRun(2, 10);
  const effects = answered(run, T0 + 13_000, [aCheck('fail')]);
  const observed = aRunning(run, { primary: down, effects, status: { failedChecks: 1 } });
  const decision = decide(observed, T0 + 13_000);
  assert.deepEqual([decision.status.run?.outcome, shown(decision).before], ['RolledBack', []]);
  assert.equal(decision.status.run?.weight.set, 10);
  const [, due] = looks({ ...observed, effects: new Map(), status: decision.status }, [13_000, 23_000]);
  assert.equal(
    due?.events[0]?.note,
    'podinfo-primary has no ready pod: 0 of 4 pods ready; only podinfo-canary answers, with 10 % of the requests',
  );
  const back = decide({ ...aRunning(run), effects: new Map(), status: due.status }, T0 + 30_000);
  assert.deepEqual([shown(back).before, outageOf(back)], [['setRoute 0 v2-1/RolledBack/ThresholdReached'], undefined]);
});

test('when neither side answers, that is said', () => {
  const side = aWorkload('v2', { endpoints: 0, ready: false });
  const [, due] = looks(aRunning(aShiftedRun(2, 10), { primary: down, side }), [0, 10_000]);
  assert.match(due?.events[0]?.note ?? '', /; neither does podinfo-canary$/);
});

test('nothing is said before the take-over, while the canary has all traffic, or where nothing may be seen', () => {
  const cases: readonly Observed[] = [
    anObserved({ primary: down, status: { phase: 'Initializing' } }),
    anObserved({ primary: down, canary: { deleting: true } }),
    aRunning(aShiftedRun(5, 100, { stage: 'promoting', deadline: timeText(T0 + 600_000) }), { primary: down }),
    anObserved({ primary: down, unseen: { reason: 'AccessDenied', note: 'pods' } }),
  ];
  for (const observed of cases) assert.equal(outageOf(decide(observed, T0)), undefined);
  const asleep = aWorkload('v1', { replicas: 0, endpoints: 0, ready: false });
  const autoscaler = { kind: 'ScaledObject', name: 'x', min: 0, max: 9, current: true, fewest: 0 } as const;
  assert.equal(outageOf(decide(anObserved({ primary: asleep, autoscaler }), T0)), undefined);
  assert.notEqual(outageOf(decide(anObserved({ primary: asleep, route: aRoute() }), T0)), undefined);
});
