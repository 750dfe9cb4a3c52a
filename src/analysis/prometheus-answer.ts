import { at, isRecord, listAt, numberAt, stringAt, stringsAt } from '../lib/json.ts';
import { MetricError } from './metric-error.ts';

export type AnswerSample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

/** A scalar is one sample without labels. NaN and infinities are kept: what they mean is the caller's question. */
export type Answer = { readonly samples: readonly AnswerSample[]; readonly warnings: readonly string[] };

const RESULT_TYPES: readonly string[] = ['vector', 'matrix', 'scalar', 'string'];

/** The parsed JSON of a good answer; infinities as JavaScript reads them. Throws a MetricError for any other. */
export const readBody = (status: number, text: unknown, shown: string): unknown => {
  const body = parseJson(text);
  const words = stringAt(body, 'error');
  const failed = `Prometheus at ${shown} answers HTTP ${status}${words === undefined ? '' : `: ${cut(words)}`}`;
  if (status === 401 || status === 403) throw new MetricError('denied', failed);
  if (status === 400 || status === 422) throw new MetricError('badQuery', failed);
  if (status !== 200) throw new MetricError('unavailable', failed);
  if (stringAt(body, 'status') !== 'success' || !RESULT_TYPES.includes(stringAt(body, 'data', 'resultType') ?? '')) {
    throw new MetricError('unreadable', `What answers at ${shown} is no Prometheus API: want JSON with a result`);
  }
  return { ...(isRecord(body) ? body : {}), data: readableData(at(body, 'data')) };
};

/** Throws for native histograms, which have buckets and no value; else `+Inf` becomes `Infinity`. */
const readableData = (data: unknown): unknown => {
  const type = stringAt(data, 'resultType');
  if (type !== 'vector') return data;
  const result = listAt(data, 'result').map((series) => {
    const value = at(series, 'value', 1);
    if (typeof value !== 'string') {
      throw new MetricError(
        'unreadable',
        'The query answers a native histogram: want a number, such as histogram_quantile(0.99, …)',
      );
    }
    return { metric: at(series, 'metric'), value: [numberAt(series, 'value', 0), value.replace('Inf', 'Infinity')] };
  });
  return { resultType: type, result };
};

/** The samples of the library's result. */
export const readSamples = (type: string, result: readonly unknown[]): readonly AnswerSample[] => {
  switch (type) {
    case 'vector':
      return result.map((series) => ({
        labels: stringsAt(series, 'metric', 'labels'),
        value: numberAt(series, 'value', 'value') ?? Number.NaN,
      }));
    case 'scalar':
      return [{ labels: {}, value: Number(String(result[1]).replace('Inf', 'Infinity')) }];
    default:
      throw new MetricError('badQuery', `The query answers a ${type}: want an instant vector or a scalar`);
  }
};

const parseJson = (text: unknown): unknown => {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
};

const cut = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);
