import type { ReceiverType } from '../api/notification-provider.ts';
import type { Message } from '../rollout/effect.ts';

/** Where messages go, with what a Secret told; never logged. */
export type Receiver = {
  readonly type: ReceiverType;
  /** Spoken to as Flagger speaks to it: an AlertProvider. */
  readonly dialect?: 'flagger';
  readonly address: string;
  /** Sent as bearer token; Telegram's is part of the address. */
  readonly token?: string;
  /** Key of the HMAC-SHA256 that signs JSON for services. */
  readonly hmac?: string;
  readonly channel?: string;
  readonly username?: string;
  readonly proxy?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** One message as it is posted. */
export type Post = {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Where it goes, when that is not the receiver's own address. */
  readonly address?: string;
};

/** What a receiver means by an answer that HTTP calls good: it was not taken, for now or for ever. */
export type Refusal = { readonly again: boolean; readonly words: string };

/** How one type of receiver is spoken to. */
export type Format = {
  readonly render: (message: Message, receiver: Receiver) => Post;
  /** Looks for a refusal in the body of a 2xx answer, where the service hides one there. */
  readonly refusal?: (body: string) => Refusal | undefined;
};
