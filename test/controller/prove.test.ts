import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executeProve } from '#src/controller/executors/prove.ts';
import type { IstiodAnswer } from '#src/controller/istiod.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import type { EffectResult } from '#src/rollout/effect.ts';

const ROUTES = 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration';
const SINCE = 1_000_000;
const answer = (acked: string, ahead = 0): IstiodAnswer => ({
  body: [
    {
      proxy: 'gw',
      resources: { [ROUTES]: { sent: 'n2', acked, sentTime: new Date(SINCE + ahead + 200).toISOString() } },
    },
  ],
  ahead,
});

/** Proves with what istiod answers to each question; the last answer stands. */
const proving = async (
  answers: readonly (() => IstiodAnswer)[],
): Promise<{ readonly result: EffectResult; readonly asked: number; readonly took: number }> => {
  const clock = new VirtualClock(SINCE);
  let asked = 0;
  const ask = async (): Promise<IstiodAnswer> => (answers[asked++] ?? answers.at(-1) ?? assert.fail())();
  let result: EffectResult | undefined;
  const work = executeProve(
    { kind: 'prove', key: 'k', since: SINCE },
    { ask, clock, signal: new AbortController().signal },
  ).then((given) => {
    result = given;
  });
  await clock.until(() => result !== undefined, 60_000);
  await work;
  return { result: result ?? assert.fail(), asked, took: clock.now() - SINCE };
};

test('asks until the proxies have taken the routes', async () => {
  const { result, asked, took } = await proving([() => answer('n1'), () => answer('n1'), () => answer('n2')]);
  assert.deepEqual(result, { kind: 'prove', verdict: 'programmed', detail: 'istiod: gw have taken the routes' });
  assert.deepEqual([asked, took], [3, 1000]);
});

test('times are istiod’s: its clock may be ahead', async () => {
  assert.equal((await proving([() => answer('n2', 90_000)])).result.kind, 'prove');
  const early = await proving([() => ({ ...answer('n2', 0), ahead: 90_000 })]);
  assert.deepEqual({ ...early.result, detail: '' }, { kind: 'prove', verdict: 'unproven', detail: '' });
});

test('an istiod that does not answer, or does not know, is given up after a while with its words', async () => {
  const silent = await proving([
    () => {
      throw new Error('connection refused');
    },
  ]);
  assert.deepEqual(silent.result, {
    kind: 'prove',
    verdict: 'unproven',
    detail: 'istiod does not say: connection refused',
  });
  assert.equal(silent.took, 15_000);
  const ignorant = await proving([() => ({ body: [], ahead: 0 })]);
  assert.deepEqual(ignorant.result, {
    kind: 'prove',
    verdict: 'unproven',
    detail: 'istiod has sent no routes since the weight was set',
  });
});

test('a proxy that has refused the routes is an error with its words, so that it is asked again', async () => {
  const { body } = answer('n1');
  const refused = JSON.parse(JSON.stringify(body).replace('"acked"', '"lastError":"bad regex","acked"'));
  const ask = async (): Promise<IstiodAnswer> => ({ body: refused, ahead: 0 });
  await assert.rejects(
    executeProve(
      { kind: 'prove', key: 'k', since: SINCE },
      { ask, clock: new VirtualClock(SINCE), signal: new AbortController().signal },
    ),
    { message: 'proxy gw has refused the routes: bad regex' },
  );
});
