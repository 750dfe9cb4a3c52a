import { Agent, type Dispatcher, request } from 'undici';
import type { Clock } from '../lib/clock.ts';
import type { KubeAuth } from './kube-auth.ts';
import { splitLines } from './split-lines.ts';
import type { KubeRequest, KubeResponse, Transport } from './transport.ts';

/** Several times what etcd takes for one object. */
const LONGEST_LINE = 16 * 1024 * 1024;
const LARGEST_ANSWER = 256 * 1024 * 1024;
const HEADERS_LIVE_MS = 30_000;
const CONNECTIONS = 16;
/** Shorter than what API servers (90 s) and usual load balancers allow; undici's own 4 s costs a handshake per step. */
const IDLE_CONNECTION_MS = 45_000;

/**
 * A transport over pooled HTTP/1.1. Watches have a pool of their own, so that streams that stay open never hold up a
 * request. HTTP/2 is off: one connection that carries everything takes everything with it when it dies. Time-outs are
 * the caller's, by signal.
 */
export const createHttpTransport = (options: { readonly auth: KubeAuth; readonly clock: Clock }): Transport => {
  const { auth, clock } = options;
  const server = auth.server.replace(/\/+$/, '');
  const common = {
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: IDLE_CONNECTION_MS,
    connect: { ...auth.tls, timeout: 10_000 },
  };
  const requests = new Agent({ ...common, connections: CONNECTIONS, maxResponseSize: LARGEST_ANSWER });
  const watches = new Agent(common);
  const headers = memoisedHeaders(auth, clock);

  const send = async (asked: KubeRequest, dispatcher: Dispatcher): Promise<Dispatcher.ResponseData> => {
    const attempt = async (credentials: Headers): Promise<Dispatcher.ResponseData> =>
      request(`${server}${asked.path}${queryString(asked.query)}`, {
        dispatcher,
        method: asked.method,
        headers: {
          accept: asked.accept ?? 'application/json',
          'user-agent': 'serin',
          ...(asked.contentType === undefined ? {} : { 'content-type': asked.contentType }),
          ...(await credentials),
        },
        ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
        ...(asked.signal === undefined ? {} : { signal: asked.signal }),
      });
    const credentials = headers.current();
    const answer = await attempt(credentials);
    if (answer.statusCode !== 401) return answer;
    // The token may have been rotated: ask for it anew, once.
    await answer.body.dump();
    headers.drop(credentials);
    return attempt(headers.current());
  };

  return {
    request: async (asked) => readAnswer(await send(asked, requests)),
    stream: async (asked) => {
      const answer = await send(asked, watches);
      if (answer.statusCode !== 200) return { ...(await readAnswer(answer)), events: noEvents() };
      const events = jsonLines(answer.body, asked.signal);
      return { status: 200, headers: headersOf(answer), body: undefined, events };
    },
    close: async () => {
      await Promise.all([requests.destroy(), watches.destroy()]);
    },
  };
};

type Headers = ReturnType<KubeAuth['headers']>;

/** Shares one look-up of the headers among all requests of its time. */
const memoisedHeaders = (auth: KubeAuth, clock: Clock) => {
  let memo: { readonly headers: Headers; readonly until: number } | undefined;
  /** Forgets these headers; newer ones stay. */
  const drop = (headers: Headers): void => {
    if (memo?.headers === headers) memo = undefined;
  };
  const current = (): Headers => {
    if (memo === undefined || clock.monotonic() >= memo.until) {
      const headers = auth.headers();
      memo = { headers, until: clock.monotonic() + HEADERS_LIVE_MS };
      headers.catch(() => drop(headers));
    }
    return memo.headers;
  };
  return { current, drop };
};

const queryString = (query: KubeRequest['query']): string =>
  query === undefined || Object.keys(query).length === 0 ? '' : `?${new URLSearchParams(query)}`;

const headersOf = (answer: Dispatcher.ResponseData): Record<string, string> =>
  Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)]));

/** JSON is parsed; anything else ("404 page not found") stays text. */
const readAnswer = async (answer: Dispatcher.ResponseData): Promise<KubeResponse> => {
  const headers = headersOf(answer);
  const text = await answer.body.text();
  const isJson = headers['content-type']?.includes('json') === true && text !== '';
  return { status: answer.statusCode, headers, body: isJson ? parseJson(text) : text };
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote the text, which may be a Secret.
    throw new SyntaxError(`Cannot read the answer: ${text.length} characters that are not JSON`);
  }
};

async function* jsonLines(body: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<unknown> {
  try {
    for await (const line of splitLines(body, { maxLength: LONGEST_LINE })) yield parseJson(line);
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

async function* noEvents(): AsyncGenerator<never> {}
