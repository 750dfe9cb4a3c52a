import { Agent, type Dispatcher, request } from 'undici';
import { checkedLookup } from '../lib/checked-lookup.ts';
import type { Clock } from '../lib/clock.ts';
import type { DenyList } from '../lib/deny-list.ts';
import { sleep } from '../lib/sleep.ts';
import { shown } from './answer-text.ts';
import { retryWait } from './retry-wait.ts';
import { signatureOf } from './sign.ts';

/** One call as it leaves the controller. */
export type HookCall = {
  /** The same for every repeat of the call, so that its receiver may drop them. */
  readonly id: string;
  readonly url: string;
  /** JSON, sent as it stands. */
  readonly body: string;
  /** Of one attempt, ms. */
  readonly timeoutMs: number;
  /** Attempts after the first. */
  readonly retries: number;
  /** Takes any certificate. */
  readonly disableTLS: boolean;
  /** Key of the signature; the call is not signed without it. */
  readonly hmac?: string;
};

/** `passed`: 2xx. `detail` is the answer in words, without what the address may hide. */
export type HookAnswer = { readonly passed: boolean; readonly detail: string };

/** Calls a hook until it has answered or its attempts are used up. Rejects only when `signal` is aborted. */
export type CallHook = (call: HookCall, signal: AbortSignal) => Promise<HookAnswer>;

/** How much of an answer is read; its text is a help for people and nothing else. */
const READ_BYTES = 4096;

const failed = (detail: string): HookAnswer => ({ passed: false, detail });

/** What an attempt gave; `again` where another may give something else. */
type Attempt = { readonly answer: HookAnswer; readonly again: boolean; readonly retryAfter?: string };

/** Too many requests and the server's own faults may pass; what it has not implemented stays so. */
const isPassing = (status: number): boolean => status === 429 || (status >= 500 && status !== 501);

/**
 * Calls hooks over HTTP. Redirects are not followed, no connection is used twice, and nothing on the deny list is
 * reached by whatever name.
 */
export class HookCaller {
  readonly #clock: Clock;
  readonly #deny: DenyList;
  readonly #agents: { readonly checking: Agent; readonly trusting: Agent };

  constructor(deps: { readonly clock: Clock; readonly deny: DenyList }) {
    this.#clock = deps.clock;
    this.#deny = deps.deny;
    const agent = (rejectUnauthorized: boolean): Agent =>
      // An idle connection may be closed just when the next call is sent on it, which would look like a failure.
      new Agent({
        pipelining: 0,
        headersTimeout: 0,
        bodyTimeout: 0,
        connect: { lookup: checkedLookup(deps.deny), rejectUnauthorized, timeout: 0 },
      });
    this.#agents = { checking: agent(true), trusting: agent(false) };
  }

  readonly call: CallHook = async (call, signal) => {
    const url = URL.canParse(call.url) ? new URL(call.url) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) return failed('its url is no http or https address');
    if (url.username !== '' || url.password !== '') return failed('its url carries a credential');
    if (this.#deny.denies(url.hostname)) return failed(notAllowed(url));
    for (let attempt = 1; ; attempt++) {
      const { answer, again, retryAfter } = await this.#try(call, { url, signal });
      signal.throwIfAborted();
      if (!again || attempt > call.retries) return answer;
      await sleep(this.#clock, retryWait(attempt + 1, { retryAfter, now: this.#clock.now() }), signal);
      signal.throwIfAborted();
    }
  };

  /** Closes what is open. */
  async close(): Promise<void> {
    await Promise.all([this.#agents.checking.destroy(), this.#agents.trusting.destroy()]);
  }

  async #try(call: HookCall, { url, signal }: { readonly url: URL; readonly signal: AbortSignal }): Promise<Attempt> {
    const late = new AbortController();
    const cancel = this.#clock.after(call.timeoutMs, () => late.abort());
    try {
      const response = await request(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'serin',
          'idempotency-key': call.id,
          ...(call.hmac === undefined ? {} : { 'x-serin-signature': signatureOf(call.body, call.hmac) }),
        },
        body: call.body,
        dispatcher: call.disableTLS ? this.#agents.trusting : this.#agents.checking,
        signal: AbortSignal.any([signal, late.signal]),
      });
      return await answered(response, { url, key: call.hmac });
    } catch (cause) {
      const code = codeOf(cause);
      if (code === 'ERR_DENIED') return { answer: failed(notAllowed(url)), again: false };
      const what = late.signal.aborted ? `no answer within ${call.timeoutMs / 1000} s` : `cannot be reached: ${code}`;
      return { answer: failed(what), again: true };
    } finally {
      cancel();
    }
  }
}

const notAllowed = ({ hostname }: URL): string =>
  `calls to ${hostname} are not allowed: want another host, or a controller that has it in its setting allowCalls`;

const answered = async (
  { statusCode, headers, body }: Dispatcher.ResponseData,
  hide: { readonly url: URL; readonly key?: string | undefined },
): Promise<Attempt> => {
  // What is left of it is not read; that it breaks off then is no news.
  body.on('error', () => {});
  if (statusCode >= 200 && statusCode < 300) {
    body.destroy();
    return { answer: { passed: true, detail: `HTTP ${statusCode}` }, again: false };
  }
  const text = statusCode < 400 ? 'redirects are not followed' : shown(await beginningOf(body), hide);
  body.destroy();
  const answer = failed(text === '' ? `HTTP ${statusCode}` : `HTTP ${statusCode}: ${text}`);
  const retryAfter = headers['retry-after'];
  return { answer, again: isPassing(statusCode), ...(typeof retryAfter === 'string' ? { retryAfter } : {}) };
};

/** The first bytes of a body, as text; what was read until it broke off is enough. */
const beginningOf = async (body: AsyncIterable<Buffer>): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= READ_BYTES) break;
    }
  } catch {
    // The status has told what counts.
  }
  return Buffer.concat(chunks).subarray(0, READ_BYTES).toString('utf8');
};

/** The error's code alone: messages of network errors may hold the address. */
const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'the connection failed';
