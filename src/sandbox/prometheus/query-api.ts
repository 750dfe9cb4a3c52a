import type { Clock } from '../../lib/clock.ts';
import { type Labels, labelKey } from './labels.ts';
import { evaluate } from './promql/evaluate.ts';
import { readDuration } from './promql/literals.ts';
import { parseQuery } from './promql/parse.ts';
import { PromqlError } from './promql/promql-error.ts';
import type { Value } from './promql/value.ts';
import type { SeriesStore } from './series-store.ts';

export type ApiRequest = {
  readonly method: string;
  /** Without query string. */
  readonly path: string;
  /** Of the query string and of a form body together. */
  readonly params: URLSearchParams;
};
export type ApiAnswer = { readonly status: number; readonly contentType: string; readonly body: string };

/** The newest sample counts for this long, unless the query asks for less. */
const LOOKBACK_MS = 5 * 60_000;
const MAX_POINTS = 11_000;

/**
 * Prometheus' HTTP API over a store: `/api/v1/query`, `/api/v1/query_range`, `/-/ready`, `/metrics`. Everything else
 * is 404. Deterministic: the only clock is the given one.
 */
export const answerQuery = (
  request: ApiRequest,
  options: { readonly store: SeriesStore; readonly clock: Clock },
): ApiAnswer => {
  const known = ['/api/v1/query', '/api/v1/query_range', '/-/ready', '/metrics'].includes(request.path);
  if (!known) return failure(404, 'not_found', `The sandbox's Prometheus has no ${request.path}`);
  if (request.method !== 'GET' && !(request.method === 'POST' && request.path.startsWith('/api/'))) {
    return failure(405, 'bad_data', `Cannot ${request.method} ${request.path}`);
  }
  if (request.path === '/-/ready')
    return { status: 200, contentType: 'text/plain', body: 'Prometheus Server is Ready.\n' };
  if (request.path === '/metrics') {
    return { status: 200, contentType: 'text/plain; version=0.0.4', body: 'prometheus_ready 1\n' };
  }
  try {
    const data = request.path === '/api/v1/query' ? instant(request.params, options) : range(request.params, options);
    return { status: 200, contentType: 'application/json', body: JSON.stringify({ status: 'success', data }) };
  } catch (error) {
    if (!(error instanceof PromqlError)) throw error;
    return error.kind === 'parse'
      ? failure(400, 'bad_data', `invalid parameter "query": ${error.message}`)
      : failure(422, 'execution', error.message);
  }
};

const instant = (params: URLSearchParams, options: { readonly store: SeriesStore; readonly clock: Clock }): unknown => {
  const time = timeOf(params, 'time') ?? options.clock.now();
  const expression = parseQuery(params.get('query') ?? '');
  const value = evaluate(expression, { store: options.store, time, lookbackMs: lookbackOf(params) });
  return present(value, time);
};

const range = (params: URLSearchParams, options: { readonly store: SeriesStore }): unknown => {
  const [start, end] = [timeOf(params, 'start'), timeOf(params, 'end')];
  const step = durationOf(params, 'step');
  if (start === undefined || end === undefined || step === undefined) {
    throw new PromqlError('parse', 'want start, end and step');
  }
  if (step <= 0 || end < start)
    throw new PromqlError('parse', 'want a positive step and an end that is not before the start');
  if ((end - start) / step > MAX_POINTS) {
    throw new PromqlError('parse', `exceeded maximum resolution of ${MAX_POINTS} points per series`);
  }
  const expression = parseQuery(params.get('query') ?? '');
  const lookbackMs = lookbackOf(params);
  const series = new Map<string, { readonly metric: Labels; readonly values: (readonly [number, string])[] }>();
  const add = (metric: Labels, point: { readonly time: number; readonly value: number }): void => {
    const key = labelKey(metric);
    const found = series.get(key) ?? { metric, values: [] };
    found.values.push([point.time / 1000, numberText(point.value)]);
    series.set(key, found);
  };
  for (let time = start; time <= end; time += step) {
    const value = evaluate(expression, { store: options.store, time, lookbackMs });
    if (value.type === 'scalar') add({}, { time, value: value.value });
    else if (value.type === 'vector') for (const one of value.samples) add(one.labels, { time, value: one.value });
    else
      throw new PromqlError(
        'parse',
        `invalid expression type "${value.type}" for range query, must be Scalar or instant Vector`,
      );
  }
  return { resultType: 'matrix', result: [...series.values()] };
};

const present = (value: Value, time: number): unknown => {
  switch (value.type) {
    case 'scalar':
      return { resultType: 'scalar', result: [time / 1000, numberText(value.value)] };
    case 'string':
      return { resultType: 'string', result: [time / 1000, value.value] };
    case 'vector':
      return {
        resultType: 'vector',
        result: value.samples.map((one) => ({ metric: one.labels, value: [time / 1000, numberText(one.value)] })),
      };
    case 'matrix':
      return {
        resultType: 'matrix',
        result: value.series.map(({ labels, samples }) => ({
          metric: labels,
          values: samples.map((one) => [one.time / 1000, numberText(one.value)]),
        })),
      };
  }
};

const numberText = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);

const failure = (status: number, errorType: string, error: string): ApiAnswer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify({ status: 'error', errorType, error }),
});

/** Unix seconds or RFC 3339, as ms since the epoch. */
const timeOf = (params: URLSearchParams, name: string): number | undefined => {
  const text = params.get(name);
  if (text === null || text === '') return undefined;
  const time = /^-?[0-9.]+(e[+-]?[0-9]+)?$/.test(text) ? Math.round(Number(text) * 1000) : Date.parse(text);
  if (!Number.isFinite(time)) throw new PromqlError('parse', `cannot parse "${text}" to a valid timestamp`);
  return time;
};

/** Seconds or `15s`, as ms. */
const durationOf = (params: URLSearchParams, name: string): number | undefined => {
  const text = params.get(name);
  if (text === null || text === '') return undefined;
  const ms = readDuration(text) ?? Number(text) * 1000;
  if (!Number.isFinite(ms)) throw new PromqlError('parse', `cannot parse "${text}" to a valid duration`);
  return ms;
};

const lookbackOf = (params: URLSearchParams): number => durationOf(params, 'lookback_delta') ?? LOOKBACK_MS;
