import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { measure } from '#src/analysis/measure.ts';
import { MetricError } from '#src/analysis/metric-error.ts';
import type { AskPrometheus, Connection, Question } from '#src/analysis/prometheus.ts';
import type { CheckStatus } from '#src/api/canary-status.ts';
import type { MetricCheck, MetricSelectors } from '#src/rollout/metric-check.ts';
import { type History, steady, storeOf } from '#test/sandbox/prometheus/history.ts';
import { aCheck, askSandbox, noScrapes } from './asking.ts';

const selectors: MetricSelectors = {
  requests: 'r{app="canary"}',
  errors: 'r{app="canary",code=~"5.."}',
  durationBuckets: { selector: 'b{app="canary"}', unit: 's' },
};
const window = { from: 240_000, to: 300_000 };

type Given = {
  readonly ask?: AskPrometheus;
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly window?: { readonly from: number; readonly to: number };
  readonly signal?: AbortSignal;
};

const run = (check: MetricCheck, history: History, given: Given = {}): Promise<CheckStatus> =>
  measure(check, {
    window: given.window ?? window,
    ask: given.ask ?? askSandbox(storeOf(history)),
    scrapes: noScrapes,
    secrets: async ({ namespace, name }) => given.secrets?.[`${namespace}/${name}`],
    signal: given.signal ?? new AbortController().signal,
  });

const text = (query: string, fields: Partial<MetricCheck> = {}): MetricCheck =>
  aCheck({ kind: 'text', text: query }, { max: 100, ...fields });
const verdictOf = ({ verdict, message }: CheckStatus): unknown => [verdict, message];

const good = 'r{app="canary",code="200"}';
const bad = 'r{app="canary",code="500"}';

describe('request-success-rate', () => {
  const check = aCheck({ kind: 'success-rate', selectors }, { min: 99, unit: '%' });

  it('says how many requests failed', async () => {
    const history = {
      [good]: steady({ from: 0, to: 300, every: 15, by: 49 }),
      [bad]: steady({ from: 0, to: 300, every: 15, by: 1 }),
    };
    assert.deepEqual(await run(check, history), {
      name: 'check',
      at: '1970-01-01T00:05:00.000Z',
      value: 98,
      min: 99,
      unit: '%',
      verdict: 'fail',
      message: '98 % is below the minimum of 99 %: 4 of 200 requests failed in 60 s',
      query: 'r{app="canary",code=~"5.."}',
    });
  });

  it('reads 0 % when everything fails, and 100 % when nothing does', async () => {
    const failing = await run(check, { [bad]: steady({ from: 255, to: 300, every: 15, by: 5, start: 5 }) });
    assert.deepEqual([failing.value, failing.verdict], [0, 'fail']);
    const fine = await run(check, { [good]: steady({ from: 0, to: 300, every: 15, by: 5 }) });
    assert.deepEqual([fine.value, fine.verdict], [100, 'pass']);
  });

  it('is no evidence without traffic, with too little of it, and without series', async () => {
    const idle = await run(check, { [good]: steady({ from: 0, to: 300, every: 15, by: 0, start: 9 }) });
    assert.deepEqual(verdictOf(idle), ['noData', 'No data: 0 requests in 60 s, want at least 1']);
    const few = await run(
      { ...check, samples: 20, intervalMs: 10_000 },
      {
        [good]: [
          [285, 1],
          [295, 4],
        ],
      },
    );
    assert.deepEqual(verdictOf(few), ['noData', 'No data: 3 requests in 10 s, want at least 20']);
    assert.equal((await run(check, {})).verdict, 'noData');
    assert.equal(idle.value, undefined);
  });

  it('is no evidence when the newest scrape is older than the window', async () => {
    const stale = await run(check, { [good]: steady({ from: 0, to: 230, every: 15, by: 10 }) });
    assert.equal(stale.verdict, 'noData');
  });

  it('looks back no further than its interval and the window', async () => {
    const history = { [good]: steady({ from: 0, to: 300, every: 5, by: 1 }) };
    const counted = async (intervalMs: number, from: number): Promise<string | undefined> =>
      (await run({ ...check, intervalMs }, history, { window: { from, to: 300_000 } })).message;
    assert.match((await counted(60_000, 270_000)) ?? '', /0 of 6 requests failed in 30 s/);
    assert.match((await counted(10_000, 240_000)) ?? '', /0 of 2 requests failed in 10 s/);
    assert.match((await counted(10_000, 300_000)) ?? '', /the window is empty/);
  });
});

describe('request-duration', () => {
  const check = aCheck({ kind: 'duration', selectors }, { max: 500, unit: 'ms' });
  const buckets = (slow: number): History => ({
    [good]: steady({ from: 0, to: 300, every: 15, by: 10 }),
    'b{app="canary",le="0.1"}': steady({ from: 0, to: 300, every: 15, by: 10 - slow }),
    'b{app="canary",le="1"}': steady({ from: 0, to: 300, every: 15, by: 10 }),
    'b{app="canary",le="+Inf"}': steady({ from: 0, to: 300, every: 15, by: 10 }),
  });

  it('is the 99th percentile in milliseconds', async () => {
    const fast = await run(check, buckets(0));
    assert.deepEqual([fast.value, fast.verdict], [99, 'pass']);
    const slow = await run(check, buckets(5));
    assert.deepEqual(verdictOf(slow), [
      'fail',
      '982 ms is above the maximum of 500 ms: 99th percentile of 40 requests in 60 s',
    ]);
  });

  it('takes buckets in milliseconds as they are', async () => {
    const inMs = { ...selectors, durationBuckets: { selector: 'b{app="canary"}', unit: 'ms' } } as const;
    assert.equal((await run({ ...check, query: { kind: 'duration', selectors: inMs } }, buckets(0))).value, 0.099);
  });

  it('is no evidence without requests', async () => {
    assert.deepEqual(verdictOf(await run(check, {})), ['noData', 'No data: 0 requests in 60 s, want at least 1']);
  });
});

describe('a query of your own', () => {
  const lag = 'lag{queue="a"}';
  const cases: readonly (readonly [string, MetricCheck, History, unknown])[] = [
    [
      'passes',
      text('max(lag)', { unit: 'messages' }),
      { [lag]: [[290, 7]] },
      ['pass', '7 messages, want at most 100 messages'],
    ],
    ['fails', text('max(lag)'), { [lag]: [[290, 700]] }, ['fail', '700 is above the maximum of 100']],
    ['takes a scalar', text('scalar(lag)'), { [lag]: [[290, 7]] }, ['pass', '7, want at most 100']],
    ['no series', text('max(lag)'), {}, ['noData', 'No data: no value in the last 60 s']],
    [
      'NaN',
      text('sum(lag) / 0 * 0'),
      { [lag]: [[290, 7]] },
      ['noData', 'No data: not a number (NaN) in the last 60 s'],
    ],
    [
      'older than the window',
      text('max(lag)'),
      { [lag]: [[235, 7]] },
      ['noData', 'No data: no value in the last 60 s'],
    ],
    [
      'noData: fail',
      text('max(lag)', { noData: 'fail' }),
      {},
      ['fail', 'No data, which counts as failed: no value in the last 60 s'],
    ],
    [
      'several series',
      text('lag'),
      { [lag]: [[290, 7]], 'lag{queue="b"}': [[290, 8]] },
      ['error', 'The query gives 2 series: want one number, aggregate with sum(), max() or avg()'],
    ],
    [
      'a range',
      text('lag[1m]'),
      { [lag]: [[290, 7]] },
      ['error', 'The query answers a matrix: want an instant vector or a scalar'],
    ],
    ['a string', text('"x"'), {}, ['error', 'The query answers a string: want an instant vector or a scalar']],
  ];
  for (const [title, check, history, wanted] of cases) {
    it(title, async () => assert.deepEqual(verdictOf(await run(check, history)), wanted));
  }

  it('renders the window as interval', async () => {
    const history = { c: steady({ from: 0, to: 300, every: 1, by: 1 }) };
    const status = await run(text('count_over_time(c[{{ interval }}])'), history, {
      window: { from: 280_000, to: 300_000 },
    });
    assert.equal(status.value, 20);
    assert.equal(status.query, 'count_over_time(c[20s])');
  });

  it('keeps dryRun and says what Prometheus warns of', async () => {
    const ask: AskPrometheus = async () => ({ samples: [{ labels: {}, value: 1 }], warnings: ['store away'] });
    const status = await run(text('x', { dryRun: true }), {}, { ask });
    assert.equal(status.dryRun, true);
    assert.equal(status.message, '1, want at most 100 (Prometheus warns: store away)');
  });
});

describe('credentials', () => {
  const asked: { connection: Connection; question: Question }[] = [];
  const ask: AskPrometheus = async (connection, question) => {
    asked.push({ connection, question });
    throw new MetricError('badQuery', 'Prometheus answers: cannot parse x{t="s3cr3t-arg"} with s3cr3t-token');
  };
  const check = text('x{t="{{ args.key }}"}', {
    secretRef: { namespace: 'shop', name: 'prom' },
    secretArgs: { key: { namespace: 'shop', name: 'arg', key: 'k' } },
    headers: { 'x-scope-orgid': 'shop' },
  });
  const secrets = { 'shop/prom': { token: 's3cr3t-token\n' }, 'shop/arg': { k: 's3cr3t-arg' } };

  it('are filled in at use and never shown', async () => {
    const status = await run(check, {}, { ask, secrets });
    assert.deepEqual(asked.at(-1)?.connection, {
      address: 'http://prometheus.test:9090',
      bearerToken: 's3cr3t-token',
      headers: { 'x-scope-orgid': 'shop' },
    });
    assert.equal(asked.at(-1)?.question.query, 'x{t="s3cr3t-arg"}');
    assert.deepEqual(verdictOf(status), ['error', 'Prometheus answers: cannot parse x{t="***"} with ***']);
    assert.equal(status.query, 'x{t="{{ args.key }}"}');
  });

  it('are username and password, too', async () => {
    const given = { 'shop/prom': { username: 'u', password: 'p4ssw0rd' }, 'shop/arg': { k: 'v' } };
    await run(check, {}, { ask, secrets: given });
    assert.deepEqual(asked.at(-1)?.connection.basicAuth, { username: 'u', password: 'p4ssw0rd' });
  });

  const missing: readonly (readonly [string, Given['secrets'], string])[] = [
    ['no Secret', {}, 'Secret shop/arg does not exist'],
    ['no key', { 'shop/arg': { other: '1' } }, 'Secret shop/arg has no key k'],
    [
      'no credentials',
      { 'shop/arg': { k: '1' }, 'shop/prom': { username: 'u' } },
      'Secret shop/prom has neither token nor username and password',
    ],
    ['a variable', { 'shop/arg': { k: '{{ interval }}' } }, 'Key k of Secret shop/arg has {{'],
  ];
  for (const [title, given, message] of missing) {
    it(title, async () =>
      assert.deepEqual(verdictOf(await run(check, {}, { ask, secrets: given ?? {} })), ['error', message]),
    );
  }

  it('that cannot be read are an error of the check', async () => {
    const status = await measure(check, {
      window,
      ask,
      scrapes: noScrapes,
      secrets: () => Promise.reject(new Error('forbidden')),
      signal: new AbortController().signal,
    });
    assert.deepEqual(verdictOf(status), ['error', 'Cannot read Secret shop/arg']);
  });
});

it('rejects when it is given up', async () => {
  const abort = new AbortController();
  abort.abort();
  await assert.rejects(run(text('x'), {}, { signal: abort.signal }), { name: 'MetricError', kind: 'aborted' });
});
