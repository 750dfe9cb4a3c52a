import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, afterEach, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import nock from 'nock';
import { MetricError } from '#src/analysis/metric-error.ts';
import { type Connection, Prometheus, type Question } from '#src/analysis/prometheus.ts';
import type { Answer } from '#src/analysis/prometheus-answer.ts';
import { ScrapeIntervals } from '#src/analysis/scrape-intervals.ts';
import { systemClock } from '#src/lib/clock.ts';

const ADDRESS = 'http://prometheus.test:9090';
const SECRETS = ['s3cr3t-password', 's3cr3t-token', 's3cr3t-header'];
const connection: Connection = { address: ADDRESS };
const question: Question = { query: 'up == 1', time: 1_700_000_000_500 };
const never = new AbortController().signal;

const ask = (
  given: Partial<Connection> = {},
  options: { readonly question?: Question; readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
): Promise<Answer> => {
  const prometheus = new Prometheus({ timeoutMs: options.timeoutMs ?? 5_000, maxBodyBytes: 4096 });
  const asked = prometheus.ask({ ...connection, ...given }, options.question ?? question, options.signal ?? never);
  return asked.finally(() => prometheus.close());
};

const data = (resultType: string, result: unknown, rest: Readonly<Record<string, unknown>> = {}) => ({
  status: 'success',
  data: { resultType, result },
  ...rest,
});
const vector = (...values: readonly string[]) =>
  data(
    'vector',
    values.map((value, index) => ({ metric: { __name__: 'up', pod: `p${index}` }, value: [1_700_000_000.5, value] })),
  );
/** An answer that never comes. */
const silence = (): Promise<never> => new Promise(() => {});
const get = () => nock(ADDRESS).get('/api/v1/query').query(true);

before(() => nock.disableNetConnect());
afterEach(() => {
  assert.deepEqual(nock.pendingMocks(), []);
  nock.cleanAll();
});
after(() => nock.restore());

it('tells how often it scrapes, as Prometheus 2.42 answered with a target that it scrapes every 15 s', async () => {
  // By the two questions of one answer: the last minute, and the one two minutes before.
  for (const [time, value] of [
    [1795795543.123, '14.999500036239624'],
    [1795795423.123, '14.999000012874603'],
  ] as const) {
    nock(ADDRESS)
      .get('/api/v1/query')
      .query({
        query:
          'min((timestamp(c{job="self"}) - timestamp(c{job="self"} offset 1m)) / count_over_time(c{job="self"}[1m]))',
        time: `${time}`,
        timeout: '5000ms',
      })
      .reply(
        200,
        `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[${time},"${value}"]}]}}`,
      );
  }
  const prometheus = new Prometheus({ timeoutMs: 5_000 });
  const scrapes = new ScrapeIntervals({ ask: prometheus.ask, clock: systemClock });
  const asked = { selector: 'c{job="self"}', time: 1_795_795_543_123, signal: never };
  assert.equal(await scrapes.of(connection, asked), 15_000);
  prometheus.close();
});

describe('a question', () => {
  it('carries the time that it is given, not the clock', async () => {
    nock(ADDRESS)
      .get('/api/v1/query')
      .query({ query: 'up == 1', time: '1700000000.5', timeout: '5000ms' })
      .reply(200, vector('1'));
    assert.deepEqual(await ask(), { samples: [{ labels: { pod: 'p0' }, value: 1 }], warnings: [] });
  });

  it('may limit how old a sample is', async () => {
    nock(ADDRESS)
      .get('/api/v1/query')
      .query((params) => params['lookback_delta'] === '12.5')
      .reply(200, vector('1'));
    await ask({}, { question: { ...question, lookbackMs: 12_500 } });
  });

  it('is a form when it is long', async () => {
    const query = `up{pod=~"${'x'.repeat(2000)}"}`;
    nock(ADDRESS)
      .post(
        '/api/v1/query',
        (form: Record<string, string>) =>
          form['query'] === query && form['time'] === '1700000000.5' && form['lookback_delta'] === '60',
      )
      .matchHeader('content-type', /^application\/x-www-form-urlencoded/)
      .reply(200, vector('1'));
    assert.equal((await ask({}, { question: { ...question, query, lookbackMs: 60_000 } })).samples.length, 1);
  });

  it('keeps a path before the API', async () => {
    nock(ADDRESS).get('/tenants/a/api/v1/query').query(true).reply(200, vector('1'));
    await ask({ address: `${ADDRESS}/tenants/a/` });
  });

  it('knows bearer tokens, basic auth, credentials in the address, and headers', async () => {
    const basic = `Basic ${Buffer.from('u:s3cr3t-password').toString('base64')}`;
    nock(ADDRESS, { reqheaders: { authorization: 'Bearer s3cr3t-token', 'x-scope-orgid': 'shop' } })
      .get('/api/v1/query')
      .query(true)
      .reply(200, vector('1'));
    await ask({ bearerToken: 's3cr3t-token', headers: { 'X-Scope-OrgID': 'shop' } });
    nock(ADDRESS, { reqheaders: { authorization: basic } })
      .get('/api/v1/query')
      .query(true)
      .reply(200, vector('1'));
    await ask({ basicAuth: { username: 'u', password: 's3cr3t-password' } });
    nock(ADDRESS, { reqheaders: { authorization: basic } })
      .get('/api/v1/query')
      .query(true)
      .reply(200, vector('1'));
    await ask({ address: 'http://u:s3cr3t-password@prometheus.test:9090' });
  });
});

describe('an answer', () => {
  const cases: readonly (readonly [string, unknown, readonly number[]])[] = [
    ['numbers', vector('1.5', '-2e3'), [1.5, -2000]],
    ['infinities', vector('+Inf', '-Inf'), [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ['NaN', vector('NaN'), [Number.NaN]],
    ['nothing', vector(), []],
    ['a scalar', data('scalar', [1_700_000_000.5, '3']), [3]],
    ['an infinite scalar', data('scalar', [1_700_000_000.5, '-Inf']), [Number.NEGATIVE_INFINITY]],
  ];
  for (const [title, body, values] of cases) {
    it(title, async () => {
      get().reply(200, JSON.stringify(body), { 'content-type': 'application/json' });
      assert.deepEqual(
        (await ask()).samples.map(({ value }) => value),
        values,
      );
    });
  }

  it('brings warnings, which stand beside the data', async () => {
    get().reply(200, { ...vector('1'), warnings: ['store 10.0.0.1 is away'] });
    assert.deepEqual((await ask()).warnings, ['store 10.0.0.1 is away']);
  });
});

describe('an error', () => {
  const html = '<html><body>503 Service Temporarily Unavailable</body></html>';
  const cases: readonly (readonly [string, () => unknown, string, RegExp])[] = [
    [
      'of the query',
      () =>
        get().reply(400, {
          status: 'error',
          errorType: 'bad_data',
          error: 'invalid parameter "query": 1:4: parse error',
        }),
      'badQuery',
      /answers HTTP 400: invalid parameter "query": 1:4: parse error$/,
    ],
    [
      'of its data',
      () => get().reply(422, { status: 'error', errorType: 'execution', error: 'many-to-many' }),
      'badQuery',
      /HTTP 422: many-to-many$/,
    ],
    ['of a proxy', () => get().reply(503, html), 'unavailable', /HTTP 503$/],
    [
      'of Prometheus itself',
      () => get().reply(503, { status: 'error', errorType: 'timeout', error: 'query timed out' }),
      'unavailable',
      /HTTP 503: query timed out$/,
    ],
    ['of credentials', () => get().reply(401, 'Unauthorized'), 'denied', /HTTP 401$/],
    ['of permission', () => get().reply(403, 'Forbidden'), 'denied', /HTTP 403$/],
    ['a redirect', () => get().reply(302, '', { location: 'http://login.test' }), 'unavailable', /HTTP 302$/],
    ['a page that is no API', () => get().reply(200, '<html>login</html>'), 'unreadable', /is no Prometheus API/],
    ['JSON of something else', () => get().reply(200, { hello: 'world' }), 'unreadable', /is no Prometheus API/],
    ['an unknown result', () => get().reply(200, data('streams', [])), 'unreadable', /is no Prometheus API/],
    [
      'a matrix',
      () => get().reply(200, data('matrix', [{ metric: {}, values: [[1, '1']] }])),
      'badQuery',
      /answers a matrix/,
    ],
    [
      'a native histogram',
      () => get().reply(200, data('vector', [{ metric: {}, histogram: [1, { count: '3', sum: '2', buckets: [] }] }])),
      'unreadable',
      /native histogram/,
    ],
    [
      'a body that is too large',
      () => get().reply(200, { ...vector('1'), padding: 'x'.repeat(8192) }),
      'unreadable',
      /too large/,
    ],
    [
      'a refused connection',
      () => get().replyWithError(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })),
      'unavailable',
      /Cannot reach Prometheus at http:\/\/prometheus.test:9090: nothing listens there \(ECONNREFUSED\)$/,
    ],
  ];
  for (const [title, mock, kind, message] of cases) {
    it(`${title}, without credentials in it`, async () => {
      mock();
      const given = {
        basicAuth: { username: 'u', password: 's3cr3t-password' },
        headers: { 'x-key': 's3cr3t-header' },
      };
      const error: unknown = await ask(given).then(
        () => assert.fail('was answered'),
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof MetricError);
      assert.equal(error.kind, kind);
      assert.match(error.message, message);
      const everything = inspect(error, { depth: 20, showHidden: true });
      for (const secret of [...SECRETS, Buffer.from('u:s3cr3t-password').toString('base64')]) {
        assert.ok(!everything.includes(secret), `${secret} stands in ${everything}`);
      }
    });
  }

  it('of time', async () => {
    get().reply(200, silence);
    await assert.rejects(ask({}, { timeoutMs: 10 }), {
      kind: 'timeout',
      message: 'Prometheus at http://prometheus.test:9090 did not answer within 0.01 s',
    });
  });

  it('of an address with credentials does not show them', async () => {
    get().reply(500, 'oops');
    await assert.rejects(ask({ address: 'http://u:s3cr3t-password@prometheus.test:9090' }), {
      kind: 'unavailable',
      message: 'Prometheus at http://prometheus.test:9090 answers HTTP 500',
    });
  });

  it('of an address that is none', async () => {
    await assert.rejects(ask({ address: 'prometheus:9090' }), {
      kind: 'unavailable',
      message: /Cannot ask Prometheus/,
    });
    await assert.rejects(ask({ address: 's3cr3t-token' }), { kind: 'unavailable', message: /its address is no URL/ });
  });

  it('when it is given up', async () => {
    get().reply(200, silence);
    const abort = new AbortController();
    const asked = ask({}, { signal: abort.signal });
    setImmediate(() => abort.abort());
    await assert.rejects(asked, { name: 'MetricError', kind: 'aborted' });
  });
});

it('100 questions at once use at most 8 sockets, again and again', async () => {
  nock.restore();
  const sockets = new Set<unknown>();
  const server = createServer((request, response) => {
    sockets.add(request.socket);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(vector('1')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  assert.ok(bound !== null && typeof bound === 'object');
  const prometheus = new Prometheus();
  try {
    const address = `http://127.0.0.1:${bound.port}`;
    for (let round = 0; round < 2; round++) {
      await Promise.all(Array.from({ length: 50 }, () => prometheus.ask({ address }, question, never)));
    }
    assert.ok(sockets.size > 1 && sockets.size <= 8, `${sockets.size} sockets`);
  } finally {
    prometheus.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
