import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { countQuery } from '#src/analysis/built-in-query.ts';
import { ask, type History, storeOf } from '#test/sandbox/prometheus/history.ts';

/** Between two scrapes: requests, a restart of the process before them, and whether the scrape then failed. */
const step = fc.record({
  requests: fc.nat(50),
  restarted: fc.boolean().chain((twice) => (twice ? fc.boolean() : fc.constant(false))),
  missed: fc.nat(9).map((roll) => roll === 0),
});
type Step = (typeof step extends fc.Arbitrary<infer T> ? T : never) & { readonly at: number };

const SCRAPE = 15;

/** What is scraped of a process whose counter begins at zero. */
const samplesOf = (steps: readonly Step[]): History[string] => {
  let value = 0;
  return steps.map(({ at, requests, restarted, missed }) => {
    value = (restarted ? 0 : value) + requests;
    return [at, missed ? null : value];
  });
};

/** The requests that scrapes can show between the last one before the window, or the birth, and the last inside it. */
const shown = (steps: readonly Step[], window: { readonly from: number; readonly to: number }): readonly Step[] => {
  const seen = steps.filter(({ missed }) => !missed);
  const before = seen.findLast(({ at }) => at <= window.from && at > window.from - 300)?.at ?? -1;
  const last = seen.findLast(({ at }) => at <= window.to && at > window.from)?.at ?? -1;
  return steps.filter(({ at }) => at > before && at <= last);
};

const requestsOf = (steps: readonly Step[]): number => steps.reduce((total, { requests }) => total + requests, 0);

const histories = fc.array(fc.record({ born: fc.nat(30), steps: fc.array(step, { minLength: 1, maxLength: 30 }) }), {
  maxLength: 4,
});
const windows = fc.record({ end: fc.integer({ min: 1, max: 900 }), length: fc.constantFrom(15, 20, 30, 60, 300) });

it('counts every request that scrapes can show, and after a restart never one too many', () => {
  fc.assert(
    fc.property(histories, windows, (pods, { end, length }) => {
      const window = { from: end - length, to: end };
      const series = pods.map(({ born, steps }) =>
        steps.map((one, index) => ({ ...one, at: (born + index) * SCRAPE })),
      );
      const history = Object.fromEntries(series.map((steps, pod) => [`r{pod="${pod}"}`, samplesOf(steps)]));
      const answer = ask(storeOf(history), countQuery('r', length * 1000), end);
      assert.ok(typeof answer === 'object');
      const counted = answer['{}'] ?? Number.NaN;
      const inWindow = series.map((steps) => shown(steps, window));
      const most = inWindow.map(requestsOf).reduce((a, b) => a + b, 0);
      const certain = inWindow
        .filter((steps) => !steps.some(({ restarted }) => restarted))
        .map(requestsOf)
        .reduce((a, b) => a + b, 0);
      assert.ok(counted <= most, `counted ${counted} of ${most}`);
      assert.ok(counted >= certain, `counted ${counted}, at least ${certain} are certain`);
    }),
    { numRuns: process.env['SERIN_DEEP'] === '1' ? 20_000 : 500 },
  );
});
