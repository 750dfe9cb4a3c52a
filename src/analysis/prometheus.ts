import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { PrometheusDriver } from 'prometheus-query';
import { at, listAt, stringAt, stringsAt } from '../lib/json.ts';
import { MetricError } from './metric-error.ts';
import { type Answer, readBody, readSamples } from './prometheus-answer.ts';

/** Where a Prometheus is and how it knows us. */
export type Connection = {
  /** `http://prometheus.monitoring:9090`, also with a path before `/api/v1`. */
  readonly address: string;
  readonly bearerToken?: string;
  readonly basicAuth?: { readonly username: string; readonly password: string };
  readonly headers?: Readonly<Record<string, string>>;
  readonly insecureSkipVerify?: boolean;
};

export type Question = {
  readonly query: string;
  /** Evaluation time, ms since the epoch. */
  readonly time: number;
  /** A sample older than this is no answer; Prometheus' own default is 5 minutes. */
  readonly lookbackMs?: number;
};

/** Asks a Prometheus. Rejects with a MetricError only. */
export type AskPrometheus = (connection: Connection, question: Question, signal: AbortSignal) => Promise<Answer>;

/** Answers a request without a socket, so that the sandbox's Prometheus can be asked in virtual time. */
export type Exchange = (request: {
  readonly method: string;
  /** Absolute, with the query string. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A form, or empty. */
  readonly body: string;
}) => Promise<{ readonly status: number; readonly body: string }>;

export type PrometheusOptions = {
  readonly timeoutMs?: number;
  /** Longer answers are refused. */
  readonly maxBodyBytes?: number;
  readonly exchange?: Exchange;
};

const MAX_SOCKETS = 8;
/** Longer queries are sent as a form: proxies cut long addresses. Short ones go by GET, which every proxy allows. */
const MAX_GET_LENGTH = 1500;

/**
 * The only file that knows `prometheus-query`; it puts right what that library gets wrong. Its answers lose
 * infinities, warnings and the status of errors that are not JSON, and what it throws are plain objects that hold the
 * password; so requests and answers are handled in its interceptors. One pool of at most 8 sockets per address.
 */
export class Prometheus {
  readonly #timeoutMs: number;
  readonly #maxBodyBytes: number;
  readonly #exchange: Exchange | undefined;
  readonly #agents = new Map<string, { readonly http: HttpAgent; readonly https: HttpsAgent }>();

  constructor(options: PrometheusOptions = {}) {
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#maxBodyBytes = options.maxBodyBytes ?? 4 * 1024 * 1024;
    this.#exchange = options.exchange;
  }

  readonly ask: AskPrometheus = async (connection, question, signal) => {
    const { endpoint, shown, basicAuth } = readAddress(connection);
    let warnings: readonly string[] = [];
    const driver = new PrometheusDriver({
      endpoint,
      timeout: this.#timeoutMs,
      preferPost: question.query.length > MAX_GET_LENGTH,
      ...(basicAuth === undefined ? {} : { auth: basicAuth }),
      headers: {
        ...connection.headers,
        ...(connection.bearerToken === undefined ? {} : { authorization: `Bearer ${connection.bearerToken}` }),
      },
      requestInterceptor: {
        onFulfilled: (config) => {
          const { http, https } = this.#agentsOf(endpoint, connection.insecureSkipVerify ?? false);
          config.httpAgent = http;
          config.httpsAgent = https;
          config.proxy = false;
          config.maxRedirects = 0;
          config.maxContentLength = this.#maxBodyBytes;
          config.signal = signal;
          config.validateStatus = () => true;
          config.responseType = 'text';
          config.transformResponse = (body: unknown) => body;
          const form = config.method?.toLowerCase() === 'post' ? config.data : config.params;
          if (question.lookbackMs !== undefined && form instanceof URLSearchParams) {
            form.set('lookback_delta', `${question.lookbackMs / 1000}`);
          }
          const exchange = this.#exchange;
          if (exchange !== undefined) {
            config.adapter = async (sent) => {
              const url = `${sent.baseURL}${sent.url}?${String(sent.params ?? '')}`;
              const body = sent.data === undefined || sent.data === null ? '' : String(sent.data);
              const headers = stringsAt(sent.headers.toJSON());
              const answer = await exchange({ method: (sent.method ?? 'get').toUpperCase(), url, headers, body });
              return { data: answer.body, status: answer.status, statusText: '', headers: {}, config: sent };
            };
          }
          return config;
        },
      },
      responseInterceptor: {
        onFulfilled: (response) => {
          const body = readBody(response.status, response.data, shown);
          warnings = listAt(body, 'warnings').filter((warning) => typeof warning === 'string');
          response.data = body;
          return response;
        },
      },
    });
    try {
      const timeout = `${this.#timeoutMs}ms`;
      const result = await driver.instantQuery(question.query, question.time, timeout);
      return { samples: readSamples(result.resultType, result.result), warnings };
    } catch (thrown) {
      throw readError(thrown, { shown, signal, timeoutMs: this.#timeoutMs });
    }
  };

  /** Closes every idle socket. */
  close(): void {
    for (const { http, https } of this.#agents.values()) {
      http.destroy();
      https.destroy();
    }
    this.#agents.clear();
  }

  #agentsOf(endpoint: string, insecureSkipVerify: boolean): { readonly http: HttpAgent; readonly https: HttpsAgent } {
    const key = `${endpoint} ${insecureSkipVerify}`;
    let agents = this.#agents.get(key);
    if (agents === undefined) {
      const pool = { keepAlive: true, maxSockets: MAX_SOCKETS };
      agents = {
        http: new HttpAgent(pool),
        https: new HttpsAgent({ ...pool, rejectUnauthorized: !insecureSkipVerify }),
      };
      this.#agents.set(key, agents);
    }
    return agents;
  }
}

/** Splits credentials off an address, so that it can be shown: `http://user:password@host`. */
const readAddress = (
  connection: Connection,
): { readonly endpoint: string; readonly shown: string; readonly basicAuth: Connection['basicAuth'] } => {
  let url: URL;
  try {
    url = new URL(connection.address);
  } catch {
    throw new MetricError('unavailable', 'Cannot ask Prometheus: its address is no URL, want http://host:port');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new MetricError('unavailable', `Cannot ask Prometheus by ${url.protocol}//, want http:// or https://`);
  }
  const endpoint = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  const own =
    url.username === ''
      ? undefined
      : { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  return { endpoint, shown: endpoint, basicAuth: connection.basicAuth ?? own };
};

/** What the codes of failed connections mean to who has to act. */
const WHY: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host name does not exist (ENOTFOUND)',
  EAI_AGAIN: 'the host name cannot be resolved now (EAI_AGAIN)',
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED)',
  EHOSTUNREACH: 'there is no way to the host (EHOSTUNREACH)',
  ECONNRESET: 'the connection was cut (ECONNRESET)',
};

/** Whatever was thrown, as a MetricError that holds nothing of the request. */
const readError = (
  thrown: unknown,
  about: { readonly shown: string; readonly signal: AbortSignal; readonly timeoutMs: number },
): MetricError => {
  if (thrown instanceof MetricError) return thrown;
  // The library wraps what an interceptor throws.
  const original = at(thrown, 'original');
  if (original instanceof MetricError) return original;
  const code = stringAt(thrown, 'code') ?? stringAt(thrown, 'errorType') ?? 'no code';
  if (about.signal.aborted)
    return new MetricError('aborted', `The question to Prometheus at ${about.shown} was given up`);
  if (code === 'ECONNABORTED' || code === 'ETIMEDOUT') {
    return new MetricError('timeout', `Prometheus at ${about.shown} did not answer within ${about.timeoutMs / 1000} s`);
  }
  const words = original instanceof Error ? original.message : stringAt(thrown, 'error');
  if (words?.startsWith('maxContentLength')) {
    return new MetricError('unreadable', `The answer of Prometheus at ${about.shown} is too large`);
  }
  const why = WHY[code] === undefined ? '' : `: ${WHY[code]}`;
  return new MetricError('unavailable', `Cannot reach Prometheus at ${about.shown}${why}`, { cause: new Error(code) });
};
