import { type Dispatcher, request } from 'undici';
import { checkedLookup } from '../lib/checked-lookup.ts';
import type { Clock } from '../lib/clock.ts';
import type { DenyList } from '../lib/deny-list.ts';
import type { Message } from '../rollout/effect.ts';
import { answerWords, shown } from './answer-words.ts';
import { Dispatchers } from './dispatchers.ts';
import { formatOf } from './format-of.ts';
import type { Format, Post, Receiver } from './receiver.ts';
import { retryAfterMs } from './retry-after.ts';

/** From the first byte sent to the last one read. */
const TIMEOUT_MS = 5000;
/** How much of an answer is read. */
const READ_BYTES = 4096;

/** A message that may be tried again. The text never holds the address: a webhook's address is its secret. */
export class NotifyError extends Error {
  override readonly name = 'NotifyError';
  /** How long the receiver asks to be left alone, ms. */
  readonly retryAfterMs?: number;

  constructor(message: string, { retryAfterMs }: { readonly retryAfterMs?: number | undefined } = {}) {
    super(message);
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
  }
}

export type Delivery = { readonly delivered: boolean; readonly detail: string };

/**
 * Posts one message. Returns whether the receiver took it; an answer that will not change (a wrong address, a
 * refused payload) is returned as not delivered. Throws NotifyError when it should be tried again.
 */
export type Deliver = (
  message: Message,
  options: { readonly receiver: Receiver; readonly signal?: AbortSignal },
) => Promise<Delivery>;

/** Worth another try: too many requests, time-outs, and the server's own faults. */
const isPassing = (status: number): boolean => status === 408 || status === 425 || status === 429 || status >= 500;

const final = (detail: string): Delivery => ({ delivered: false, detail });

/** Posts messages over HTTP. Redirects are not followed, and nothing on the deny list is reached by whatever name. */
export class Notifier {
  readonly #clock: Clock;
  readonly #deny: DenyList;
  readonly #dispatchers: Dispatchers;

  constructor(deps: { readonly clock: Clock; readonly deny: DenyList }) {
    this.#clock = deps.clock;
    this.#deny = deps.deny;
    this.#dispatchers = new Dispatchers(checkedLookup(deps.deny));
  }

  readonly deliver: Deliver = async (message, { receiver, signal }) => {
    const { address, proxy } = receiver;
    const wrong = this.#wrong('its address', address, WEB) ?? (proxy && this.#wrong('its proxy', proxy, PROXIES));
    if (wrong) return final(wrong);
    const format = formatOf(receiver.type);
    const post = format.render(message, receiver);
    const late = new AbortController();
    const cancel = this.#clock.after(TIMEOUT_MS, () => late.abort());
    try {
      const { statusCode, headers, body } = await request(withoutUser(post.address ?? address), {
        method: 'POST',
        headers: headersOf(message, { receiver, post }),
        body: post.body,
        dispatcher: this.#dispatchers.by(proxy),
        signal: signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]),
      });
      const header = headers['retry-after'];
      const answer = {
        status: statusCode,
        body: await beginningOf(body),
        retryAfter: typeof header === 'string' ? header : undefined,
      };
      return this.#read(answer, { receiver, format });
    } catch (cause) {
      if (cause instanceof NotifyError) throw cause;
      const code = codeOf(cause);
      if (code === 'ERR_DENIED') return final(notAllowed(new URL(address)));
      const why = late.signal.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : code;
      throw new NotifyError(`Cannot deliver: ${why}`);
    } finally {
      cancel();
    }
  };

  /** Closes what is open. */
  async close(): Promise<void> {
    await this.#dispatchers.close();
  }

  /** What is wrong with an address; undefined when it may be used. */
  #wrong(whose: string, address: string, schemes: readonly string[]): string | undefined {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    const scheme = url?.protocol.slice(0, -1) ?? '';
    if (url === undefined || !schemes.includes(scheme)) return `${whose} is no address of ${schemes.join(', ')}`;
    return this.#deny.denies(url.hostname) ? notAllowed(url) : undefined;
  }

  #read(answer: Answer, { receiver, format }: { readonly receiver: Receiver; readonly format: Format }): Delivery {
    const { status, body } = answer;
    const isGood = status >= 200 && status < 300;
    const refusal = isGood ? format.refusal?.(body) : undefined;
    if (isGood && refusal === undefined) return { delivered: true, detail: `HTTP ${status}` };
    const words = refusal === undefined ? answerWords(body, receiver) : shown(refusal.words, receiver);
    const found = `HTTP ${status}${words === undefined ? '' : `: ${words}`}`;
    if (refusal?.again ?? isPassing(status)) {
      const now = this.#clock.now();
      throw new NotifyError(`Cannot deliver: the receiver answered ${found}`, {
        retryAfterMs: retryAfterMs({ header: answer.retryAfter, body }, now),
      });
    }
    return final(`the receiver refused it with ${found}; check the address and the token`);
  }
}

type Answer = { readonly status: number; readonly body: string; readonly retryAfter: string | undefined };

const WEB: readonly string[] = ['http', 'https'];
const PROXIES: readonly string[] = [...WEB, 'socks5'];

const notAllowed = ({ hostname }: URL): string =>
  `calls to ${hostname} are not allowed: want another host, or a controller that has it in its setting allowCalls`;

/** Ours win: a header of the receiver's must not change what is sent or who is spoken to. */
const headersOf = (
  { id }: Message,
  { receiver, post }: { readonly receiver: Receiver; readonly post: Post },
): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(Object.entries(receiver.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
  'content-type': 'application/json',
  'user-agent': 'serin',
  'idempotency-key': id,
  ...authorization(receiver),
  ...post.headers,
});

/** The token, which Telegram has in its address instead; or user and password as they stand in the address. */
const authorization = ({ type, token, address }: Receiver): Readonly<Record<string, string>> => {
  if (token !== undefined && type !== 'telegram') return { authorization: `Bearer ${token}` };
  const { username, password } = new URL(address);
  if (username === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
};

const withoutUser = (address: string): URL => {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url;
};

/** The first bytes of a body, as text; what was read until it broke off is enough. */
const beginningOf = async (body: Dispatcher.ResponseData['body']): Promise<string> => {
  // What is left of it is not read; that it breaks off then is no news.
  body.on('error', () => {});
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= READ_BYTES) break;
    }
  } catch {
    // The status has told what counts.
  }
  body.destroy();
  return Buffer.concat(chunks).subarray(0, READ_BYTES).toString('utf8');
};

/** The error's code alone: messages of network errors may hold the address. */
const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
    ? cause.code
    : 'the receiver cannot be reached';
