import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#src/rollout/decide.ts';
import type { EffectResult, EffectState } from '#src/rollout/effect.ts';
import type { RouteView } from '#src/rollout/observed.ts';
import { aCheck, aRoute, aRunning, aShiftedRun, T0 } from './an-observed.ts';

const run = aShiftedRun(1, 5);
const KEY = `prove/v2-1/5/${run.weight.since}`;
const NOW = T0 + 20_000;

const seen = (state?: EffectState, parts: Partial<RouteView> = {}) =>
  aRunning(run, {
    route: aRoute({ canaryWeight: 5, since: T0, acceptance: 'unknown', proof: 'istiod', ...parts }),
    ...(state === undefined ? {} : { effects: new Map([[KEY, state]]) }),
  });
const done = (verdict: Extract<EffectResult, { kind: 'prove' }>['verdict'], at = T0 + 1_000): EffectState => ({
  state: 'done',
  at,
  result: { kind: 'prove', verdict, detail: `istiod says ${verdict}` },
});
const REJECTED: EffectState = { state: 'failed', error: 'proxy gw has refused the routes', attempts: 1, retryAt: NOW };
const measured = (observed: Parameters<typeof decide>[0], now = NOW): number | undefined => {
  const effect = decide(observed, now).effects.find(({ kind }) => kind === 'measure');
  return effect?.kind === 'measure' ? effect.window.from : undefined;
};

test('a weight that the plane cannot confirm by its objects is asked for, once for each time that it is written', () => {
  const wanted = decide(seen(), NOW).effects.filter(({ kind }) => kind === 'prove');
  assert.deepEqual(wanted, [{ kind: 'prove', key: KEY, since: Date.parse(run.weight.since) }]);
});

test('nothing is judged before the proxies have the weight', () => {
  assert.equal(measured(seen()), undefined);
  assert.equal(measured(seen({ state: 'running', since: T0 })), undefined);
  assert.equal(measured(seen(done('programmed', T0 + 5_000))), T0 + 8_000);
});

test('where nobody can say, the time since the write counts', () => {
  assert.equal(measured(seen(done('unproven', T0 + 15_000))), T0 + 3_000);
});

test('each step notes how far it was proven that traffic had moved', () => {
  const levelOf = (observed: Parameters<typeof decide>[0], verdict: 'pass' | 'noData' = 'pass') => {
    const at = NOW + 60_000;
    const measure = decide(observed, at).effects.find(({ kind }) => kind === 'measure');
    assert.ok(measure);
    const answered: EffectState = { state: 'done', at, result: { kind: 'measure', checks: [aCheck(verdict)] } };
    const { status } = decide({ ...observed, effects: new Map([...observed.effects, [measure.key, answered]]) }, at);
    return status.run?.steps[0]?.level;
  };
  const { proof: _, ...plain } = seen().route;
  assert.equal(levelOf(seen(done('programmed'))), 'programmed');
  assert.equal(levelOf(seen(done('unproven'))), 'observed');
  assert.equal(levelOf(seen(done('unproven')), 'noData'), 'written');
  assert.equal(levelOf({ ...seen(), route: { ...plain, acceptance: 'accepted' } }), 'accepted');
});

test('a proxy that refuses the routes holds the run with its words', () => {
  const { status, events } = decide(seen(REJECTED), NOW);
  assert.equal(status.run?.held, 'The route is not accepted: proxy gw has refused the routes');
  assert.deepEqual(
    events.map(({ reason }) => reason),
    ['RouteNotAccepted'],
  );
});

test('a weight that is not taken within the deadline is rolled back', () => {
  const late = decide(seen(), T0 + 601_000);
  assert.deepEqual([late.status.run?.outcome, late.status.run?.cause], ['RolledBack', 'RouteNotObserved']);
});

test('neither weight 0, nor another weight than the run’s, nor a plane that says itself what it has taken is asked', () => {
  const none = (observed: Parameters<typeof decide>[0]): void =>
    assert.ok(decide(observed, NOW).effects.every(({ kind }) => kind !== 'prove'));
  const { proof: _, ...silent } = seen().route;
  none({ ...seen(), route: silent });
  none(seen(undefined, { canaryWeight: 4 }));
  none(aRunning(aShiftedRun(0, 0), { route: aRoute({ canaryWeight: 0, acceptance: 'unknown', proof: 'istiod' }) }));
});
