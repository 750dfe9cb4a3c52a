import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MetricError } from '#src/analysis/metric-error.ts';
import type { AskPrometheus } from '#src/analysis/prometheus.ts';
import type { Answer } from '#src/analysis/prometheus-answer.ts';
import { QueryPlanner } from '#src/analysis/query-planner.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';

const answer = (value: number): Answer => ({ samples: [{ labels: {}, value }], warnings: [] });
const here = { address: 'http://a' };
const question = { query: 'x', time: 1000 };
const never = new AbortController().signal;

/** A planner over questions that stay open until they are answered here, in the order in which they were asked. */
const rig = () => {
  const clock = new VirtualClock();
  const open: { resolve: (answer: Answer) => void; reject: (error: Error) => void; signal: AbortSignal }[] = [];
  const ask: AskPrometheus = (_connection, _question, signal) =>
    new Promise((resolve, reject) => open.push({ resolve, reject, signal }));
  return { clock, open, planner: new QueryPlanner({ ask, clock, keepMs: 2_000 }) };
};

describe('QueryPlanner', () => {
  it('asks once what is asked at the same time', async () => {
    const { open, planner } = rig();
    const all = Promise.all([1, 2, 3].map(() => planner.ask(here, question, never)));
    assert.equal(open.length, 1);
    open[0]?.resolve(answer(7));
    assert.deepEqual(await all, [answer(7), answer(7), answer(7)]);
  });

  it('shares an answer for a short while', async () => {
    const { clock, open, planner } = rig();
    const first = planner.ask(here, question, never);
    open[0]?.resolve(answer(7));
    await first;
    await clock.advance(1_999);
    assert.deepEqual(await planner.ask(here, question, never), answer(7));
    await clock.advance(1);
    void planner.ask(here, question, never);
    assert.equal(open.length, 2);
  });

  it('tells queries, times, look-backs, addresses and credentials apart', () => {
    const { open, planner } = rig();
    void planner.ask(here, question, never);
    void planner.ask(here, { ...question, query: 'y' }, never);
    void planner.ask(here, { ...question, time: 2000 }, never);
    void planner.ask(here, { ...question, lookbackMs: 1 }, never);
    void planner.ask({ address: 'http://b' }, question, never);
    void planner.ask({ ...here, bearerToken: 't' }, question, never);
    void planner.ask({ ...here, headers: { 'x-scope-orgid': '1' } }, question, never);
    assert.equal(open.length, 7);
  });

  it('shares a failure with those who wait, and forgets it', async () => {
    const { open, planner } = rig();
    const waiting = [planner.ask(here, question, never), planner.ask(here, question, never)];
    open[0]?.reject(new MetricError('unavailable', 'away'));
    for (const one of waiting) await assert.rejects(one, { kind: 'unavailable' });
    void planner.ask(here, question, never);
    assert.equal(open.length, 2);
  });

  it('goes on for the others when one gives up', async () => {
    const { open, planner } = rig();
    const abort = new AbortController();
    const impatient = planner.ask(here, question, abort.signal);
    const patient = planner.ask(here, question, never);
    abort.abort();
    await assert.rejects(impatient, { kind: 'aborted' });
    assert.equal(open[0]?.signal.aborted, false);
    open[0]?.resolve(answer(7));
    assert.deepEqual(await patient, answer(7));
  });

  it('takes the question back when the last one gives up, and asks anew', async () => {
    const { open, planner } = rig();
    const abort = new AbortController();
    const only = planner.ask(here, question, abort.signal);
    abort.abort();
    await assert.rejects(only, { kind: 'aborted' });
    assert.equal(open[0]?.signal.aborted, true);
    open[0]?.reject(new MetricError('aborted', 'given up'));
    const again = planner.ask(here, question, never);
    open[1]?.resolve(answer(8));
    assert.deepEqual(await again, answer(8));
  });

  it('does not ask for who has given up already', async () => {
    const { open, planner } = rig();
    await assert.rejects(planner.ask(here, question, AbortSignal.abort()), { kind: 'aborted' });
    assert.equal(open.length, 0);
  });
});
