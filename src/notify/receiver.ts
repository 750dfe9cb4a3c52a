import type { Message } from '../rollout/effect.ts';

/** Where messages go, with what a Secret told; never logged. */
export type Receiver = {
  readonly type: 'slack' | 'webhook';
  readonly address: string;
  /** Sent as bearer token. */
  readonly token?: string;
  /** Key of the HMAC-SHA256 that signs generic payloads. */
  readonly hmac?: string;
  readonly channel?: string;
  readonly username?: string;
  readonly proxy?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Payload = { readonly body: string; readonly headers: Readonly<Record<string, string>> };

/** Renders the one message model for one kind of receiver. */
export type Format = (message: Message, receiver: Receiver) => Payload;
