import { request } from 'undici';
import type { Clock } from '../../lib/clock.ts';
import { isRecord, type JsonRecord, stringAt } from '../../lib/json.ts';
import { messageOf } from '../../lib/message-of.ts';
import { redact } from '../../lib/redact.ts';
import { GitError } from '../git-error.ts';

const TIMEOUT_MS = 15_000;
/** More than 100 pull requests take; what is longer is not read. */
const MAX_ANSWER = 8 * 1024 * 1024;

export type HostApiOptions = {
  /** Without slash at its end. */
  readonly apiUrl: string;
  readonly authorization: string;
  readonly token: string;
  readonly accept: string;
  readonly clock: Clock;
};

export type HostCall = {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Path below the API's address, with query. */
  readonly path: string;
  readonly body?: JsonRecord;
  readonly signal?: AbortSignal | undefined;
};

/** Calls a host's JSON API: returns 2xx, 409 and 422 with their body; everything else is a GitError. */
export const hostApi =
  (options: HostApiOptions) =>
  async (call: HostCall): Promise<{ readonly status: number; readonly body: unknown }> => {
    const name = `${call.method} ${options.apiUrl}${call.path.split('?')[0]}`;
    const timeout = new AbortController();
    const cancel = options.clock.after(TIMEOUT_MS, () => timeout.abort(new Error(`no answer after ${TIMEOUT_MS} ms`)));
    const signal = call.signal === undefined ? timeout.signal : AbortSignal.any([timeout.signal, call.signal]);
    try {
      const response = await request(`${options.apiUrl}${call.path}`, {
        method: call.method,
        headers: {
          authorization: options.authorization,
          accept: options.accept,
          'user-agent': 'serin',
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: call.body === undefined ? null : JSON.stringify(call.body),
        signal,
      });
      const text = await response.body.text();
      if (text.length > MAX_ANSWER) throw new Error('the answer is too long');
      const body = parse(text);
      const status = response.statusCode;
      if ((status >= 200 && status < 300) || status === 409 || status === 422) return { status, body };
      throw statusError(name, { status, body, headers: response.headers, clock: options.clock });
    } catch (error) {
      if (error instanceof GitError) throw error;
      throw new GitError('network', redact(`Cannot call ${name}: ${messageOf(error)}`, [options.token]));
    } finally {
      cancel();
    }
  };

const parse = (text: string): unknown => {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
};

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** 403 and 429 with a wish to wait are a rate limit; other 401 and 403 mean the token. */
const statusError = (
  name: string,
  answer: { readonly status: number; readonly body: unknown; readonly headers: Headers; readonly clock: Clock },
): GitError => {
  const { status, body } = answer;
  const words = isRecord(body) ? (stringAt(body, 'message') ?? '').slice(0, 200) : '';
  const message = `Cannot call ${name}: status ${status}${words === '' ? '' : ` ${words}`}`;
  const retryAfterMs = waitOf(answer.headers, answer.clock);
  if (status === 429 || status >= 500 || (status === 403 && retryAfterMs !== undefined)) {
    return new GitError('network', message, retryAfterMs === undefined ? {} : { retryAfterMs });
  }
  if (status === 401 || status === 403) return new GitError('auth', message);
  return new GitError('config', `${message}, want the repository's address and a token that may read and write it`);
};

/** Retry-After in seconds or as a date; or the end of GitHub's window when nothing is left of it. */
const waitOf = (headers: Headers, clock: Clock): number | undefined => {
  const first = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'string' ? value : value?.[0];
  };
  const after = first('retry-after');
  if (after !== undefined) {
    const at = /^\d+$/.test(after) ? clock.now() + Number(after) * 1000 : Date.parse(after);
    if (Number.isFinite(at)) return Math.max(at - clock.now(), 0);
  }
  const reset = first('x-ratelimit-reset');
  if (first('x-ratelimit-remaining') !== '0' || reset === undefined) return undefined;
  return Math.max(Number(reset) * 1000 - clock.now(), 0);
};
