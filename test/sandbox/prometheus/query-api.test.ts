import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { answerQuery } from '#src/sandbox/prometheus/query-api.ts';
import { servePrometheus } from '#src/sandbox/prometheus/server.ts';
import { storeOf } from './history.ts';

const store = storeOf({
  'g{x="1"}': [
    [90, 1.5],
    [95, Number.POSITIVE_INFINITY],
  ],
  n: [[95, Number.NaN]],
});
const clock = new VirtualClock(100_000);
const options = { store, clock };

const get = (path: string, params: Readonly<Record<string, string>> = {}): { status: number; body: unknown } => {
  const answer = answerQuery({ method: 'GET', path, params: new URLSearchParams(params) }, options);
  const json = answer.contentType === 'application/json';
  return { status: answer.status, body: json ? JSON.parse(answer.body) : answer.body };
};

const success = (resultType: string, result: unknown): unknown => ({
  status: 200,
  body: { status: 'success', data: { resultType, result } },
});

describe('/api/v1/query', () => {
  const cases: readonly (readonly [Record<string, string>, unknown])[] = [
    [{ query: 'g' }, success('vector', [{ metric: { __name__: 'g', x: '1' }, value: [100, '+Inf'] }])],
    [{ query: '-g', time: '100' }, success('vector', [{ metric: { x: '1' }, value: [100, '-Inf'] }])],
    [{ query: 'g', time: '92.5' }, success('vector', [{ metric: { __name__: 'g', x: '1' }, value: [92.5, '1.5'] }])],
    [
      { query: 'n', time: '1970-01-01T00:01:40Z' },
      success('vector', [{ metric: { __name__: 'n' }, value: [100, 'NaN'] }]),
    ],
    [{ query: 'g', lookback_delta: '4' }, success('vector', [])],
    [
      { query: 'g', lookback_delta: '6s' },
      success('vector', [{ metric: { __name__: 'g', x: '1' }, value: [100, '+Inf'] }]),
    ],
    [{ query: '1e3' }, success('scalar', [100, '1000'])],
    [{ query: '"text"' }, success('string', [100, 'text'])],
    [
      { query: 'g[8s]', time: '97' },
      success('matrix', [
        {
          metric: { __name__: 'g', x: '1' },
          values: [
            [90, '1.5'],
            [95, '+Inf'],
          ],
        },
      ]),
    ],
  ];
  for (const [params, wanted] of cases)
    it(JSON.stringify(params), () => assert.deepEqual(get('/api/v1/query', params), wanted));

  it('answers 400 for what is no PromQL, 422 for data that does not fit', () => {
    assert.equal(get('/api/v1/query', { query: 'sum(' }).status, 400);
    assert.equal(get('/api/v1/query', { query: 'g', time: 'soon' }).status, 400);
    assert.equal(get('/api/v1/query').status, 400);
    assert.deepEqual(
      get('/api/v1/query', { query: 'rate({__name__=~"g|n"}[1m]) + on() n + on() {x=~".*",__name__=~"g|n"}' }).status,
      422,
    );
  });
});

describe('/api/v1/query_range', () => {
  it('evaluates at every step and leaves gaps', () => {
    const answer = get('/api/v1/query_range', { query: 'g{x="1"} < 10', start: '85', end: '97', step: '3s' });
    assert.deepEqual(
      answer,
      success('matrix', [
        {
          metric: { __name__: 'g', x: '1' },
          values: [
            [91, '1.5'],
            [94, '1.5'],
          ],
        },
      ]),
    );
  });

  it('takes scalars and refuses ranges, too many points and a wrong step', () => {
    const params = { start: '0', end: '2', step: '1' };
    assert.deepEqual(
      get('/api/v1/query_range', { query: '1', ...params }),
      success('matrix', [
        {
          metric: {},
          values: [
            [0, '1'],
            [1, '1'],
            [2, '1'],
          ],
        },
      ]),
    );
    assert.equal(get('/api/v1/query_range', { query: 'g[1m]', ...params }).status, 400);
    assert.equal(get('/api/v1/query_range', { query: 'g', ...params, step: '0.0001' }).status, 400);
    assert.equal(get('/api/v1/query_range', { query: 'g', ...params, step: '0' }).status, 400);
    assert.equal(get('/api/v1/query_range', { query: 'g', start: '0', end: '2' }).status, 400);
  });
});

describe('the rest', () => {
  it('is ready, has metrics, and nothing else', () => {
    assert.equal(get('/-/ready').status, 200);
    assert.match(String(get('/metrics').body), /^prometheus_ready 1/);
    assert.equal(get('/api/v1/rules').status, 404);
    assert.equal(
      answerQuery({ method: 'DELETE', path: '/api/v1/query', params: new URLSearchParams() }, options).status,
      405,
    );
  });

  it('is served over HTTP, by GET and POST', async () => {
    const server = await servePrometheus(options);
    try {
      const wanted = get('/api/v1/query', { query: 'g' }).body;
      assert.deepEqual(await (await fetch(`${server.address}/api/v1/query?query=g`)).json(), wanted);
      const form = new URLSearchParams({ query: 'g' });
      assert.deepEqual(
        await (await fetch(`${server.address}/api/v1/query`, { method: 'POST', body: form })).json(),
        wanted,
      );
      assert.equal((await fetch(`${server.address}/api/v1/query?query=sum(`)).status, 400);
    } finally {
      await server.close();
    }
  });
});
