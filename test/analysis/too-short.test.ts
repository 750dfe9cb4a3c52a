import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Measured, measure } from '#src/analysis/measure.ts';
import { ScrapeIntervals } from '#src/analysis/scrape-intervals.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import type { MetricCheck } from '#src/rollout/metric-check.ts';
import { type History, steady, storeOf } from '#test/sandbox/prometheus/history.ts';
import { aCheck, askSandbox } from './asking.ts';

// Windows that are shorter than Prometheus needs between two scrapes.

const selectors = { requests: 'r{app="canary"}', errors: 'r{app="canary",code=~"5.."}' };
const builtIn = (fields: Partial<MetricCheck> = {}): MetricCheck =>
  aCheck({ kind: 'success-rate', selectors, primary: 'r{app="primary"}' }, { min: 99, unit: '%', ...fields });
const text = (query: string, fields: Partial<MetricCheck> = {}): MetricCheck =>
  aCheck({ kind: 'text', text: query }, { max: 100, ...fields });

/** Requests of both sides, all of them answered with `code`, scraped every so many seconds. */
const scraped = (every: number, code = 200): History =>
  Object.fromEntries(
    ['primary', 'canary'].map((app) => [
      `r{app="${app}",code="${code}"}`,
      steady({ from: 0, to: 900, every, by: 10, start: 10 }),
    ]),
  );

/** Measures over windows of one length that end at the given seconds, one after the other; the last answer. */
const run = async (
  check: MetricCheck,
  history: History,
  { seconds = 10, ends }: { readonly seconds?: number; readonly ends: readonly number[] },
): Promise<Measured> => {
  const ask = askSandbox(storeOf(history));
  const scrapes = new ScrapeIntervals({ ask, clock: new VirtualClock() });
  let last: Measured | undefined;
  for (const end of ends) {
    const window = { from: (end - seconds) * 1000, to: end * 1000 };
    last = await measure(check, { window, ask, scrapes, secrets: async () => undefined, signal: never });
  }
  return last ?? assert.fail('no window');
};
const never = new AbortController().signal;
const shown = ({ verdict, message, hopeless }: Measured): unknown => [verdict, message, hopeless ?? false];

const SENTENCE =
  'No data: analysis.interval is 10s, but Prometheus scrapes r every 30s: want an interval of at least 60s (two scrapes)';

describe('a built-in metric', () => {
  it('says what interval would be right, in a window without a scrape', async () => {
    assert.deepEqual(shown(await run(builtIn(), scraped(30), { ends: [625] })), ['noData', SENTENCE, false]);
  });

  it('says it when the canary has no series yet', async () => {
    const history = { 'r{app="primary",code="200"}': steady({ from: 0, to: 900, every: 30, by: 10 }) };
    assert.deepEqual(shown(await run(builtIn(), history, { ends: [625] })), ['noData', SENTENCE, false]);
  });

  it('says it from the canary alone where the primary has none', async () => {
    const { 'r{app="canary",code="200"}': canary = [] } = scraped(30);
    const history = { 'r{app="canary",code="200"}': canary };
    assert.deepEqual(shown(await run(builtIn(), history, { ends: [625] })), ['noData', SENTENCE, false]);
  });

  it('passes and fails by the windows that have a scrape, as long as a run gets on by them', async () => {
    assert.equal((await run(builtIn(), scraped(30), { ends: [625, 635] })).verdict, 'pass');
    assert.equal((await run(builtIn(), scraped(30, 500), { ends: [625, 635] })).verdict, 'fail');
  });

  it('never passes where a run would go back between two scrapes; it fails all the same', async () => {
    const wanted = SENTENCE.replace('30s', '60s').replace('least 60s', 'least 120s');
    assert.deepEqual(shown(await run(builtIn(), scraped(60), { ends: [625, 665] })), ['noData', wanted, true]);
    assert.equal((await run(builtIn(), scraped(60, 500), { ends: [625, 665] })).verdict, 'fail');
  });

  it('says nothing of it when the interval is long enough, or nobody knows', async () => {
    const idle = { 'r{app="primary"}': steady({ from: 0, to: 900, every: 30, by: 0 }) };
    const long = await run(builtIn(), idle, { seconds: 30, ends: [625] });
    assert.deepEqual(shown(long), ['noData', 'No data: 0 requests in 30 s, want at least 1', false]);
    const none = await run(builtIn(), {}, { ends: [625] });
    assert.deepEqual(shown(none), ['noData', 'No data: 0 requests in 10 s, want at least 1', false]);
  });

  it('names its own interval where that is the one that is too short', async () => {
    const own = builtIn({ name: 'request-success-rate', intervalMs: 10_000 });
    assert.match(
      (await run(own, scraped(30), { seconds: 60, ends: [625] })).message ?? '',
      /^No data: the interval of request-success-rate is 10s, but Prometheus scrapes r every 30s/,
    );
    assert.match(
      (await run(own, scraped(30), { seconds: 20, ends: [625] })).message ?? '',
      /^No data: analysis\.interval is 20s, but /,
    );
  });
});

describe('a query of your own', () => {
  const rate = text('sum(rate(r{app="canary"}[{{ interval }}]))');

  it('needs two scrapes for rate(), so that below one there never is a value', async () => {
    assert.deepEqual(shown(await run(rate, scraped(30), { ends: [635] })), ['noData', SENTENCE, true]);
    const sometimes = await run(rate, scraped(30), { seconds: 40, ends: [625] });
    assert.deepEqual(shown(sometimes), ['noData', SENTENCE.replace('10s', '40s'), false]);
  });

  it('needs one for a gauge', async () => {
    const gauge = text('max(r{app="canary"})');
    assert.deepEqual(shown(await run(gauge, scraped(30), { ends: [625] })), ['noData', SENTENCE, false]);
    const history = { 'r{app="canary"}': steady({ from: 0, to: 600, every: 30, by: 1 }) };
    assert.match((await run(gauge, history, { seconds: 45, ends: [650] })).message ?? '', /no value in the last 45 s/);
  });

  it('counts as failed without data where its template says so, and tells why', async () => {
    const { verdict, message } = await run({ ...rate, noData: 'fail' }, scraped(30), { ends: [635] });
    assert.deepEqual([verdict, message], ['fail', SENTENCE.replace('data', 'data, which counts as failed')]);
  });
});
