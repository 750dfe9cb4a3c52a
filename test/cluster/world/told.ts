import type { Received } from '#src/cli/demo/receiver.ts';

/** Messages that a receiver has got more than once, by their idempotency key. */
export const repeatedMessages = (messages: readonly Received[]): readonly Received[] =>
  messages.filter(
    (message, index) =>
      messages.findIndex((other) => other.receiver === message.receiver && other.id === message.id) !== index,
  );
