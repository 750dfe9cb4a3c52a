import { type Dispatcher, ProxyAgent, request } from 'undici';
import { assertNever } from '../lib/assert-never.ts';
import type { Message } from '../rollout/effect.ts';
import type { Format, Receiver } from './receiver.ts';
import { slackFormat } from './slack.ts';
import { webhookFormat } from './webhook.ts';

const TIMEOUT_MS = 5000;

/** A message that may be tried again. The text never holds the address: a webhook's address is its secret. */
export class NotifyError extends Error {
  override readonly name = 'NotifyError';
}

export type Delivery = { readonly delivered: boolean; readonly detail: string };

const formatOf = (type: Receiver['type']): Format => {
  switch (type) {
    case 'slack':
      return slackFormat;
    case 'webhook':
      return webhookFormat;
    default:
      return assertNever(type, 'receiver type');
  }
};

/** Worth another try: too many requests, time-outs, and the server's own faults. */
const isPassing = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/**
 * Posts one message. Returns whether the receiver took it; an answer that will not change (a wrong address, a
 * refused payload) is returned as not delivered. Throws NotifyError when it should be tried again.
 */
export const deliver = async (
  message: Message,
  options: { readonly receiver: Receiver; readonly signal?: AbortSignal; readonly dispatcher?: Dispatcher },
): Promise<Delivery> => {
  const { receiver } = options;
  const payload = formatOf(receiver.type)(message, receiver);
  const headers = {
    ...receiver.headers,
    'content-type': 'application/json',
    'idempotency-key': message.id,
    ...(receiver.token === undefined ? {} : { authorization: `Bearer ${receiver.token}` }),
    ...payload.headers,
  };
  const proxy = receiver.proxy === undefined ? undefined : new ProxyAgent(receiver.proxy);
  const dispatcher = options.dispatcher ?? proxy;
  try {
    const answer = await request(receiver.address, {
      method: 'POST',
      headers,
      body: payload.body,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(dispatcher === undefined ? {} : { dispatcher }),
    });
    await answer.body.dump();
    if (answer.statusCode >= 200 && answer.statusCode < 300)
      return { delivered: true, detail: `HTTP ${answer.statusCode}` };
    if (isPassing(answer.statusCode))
      throw new NotifyError(`Cannot deliver: the receiver answered ${answer.statusCode}`);
    return {
      delivered: false,
      detail: `the receiver refused it with HTTP ${answer.statusCode}; check the address and the token`,
    };
  } catch (cause) {
    if (cause instanceof NotifyError) throw cause;
    throw new NotifyError(`Cannot deliver: ${codeOf(cause)}`);
  } finally {
    await proxy?.close();
  }
};

/** The error's code alone: messages of network errors may hold the address. */
const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
    ? cause.code
    : 'the receiver cannot be reached';
