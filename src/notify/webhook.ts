import type { Format } from './receiver.ts';
import { signature } from './signature.ts';

/**
 * The message itself as JSON. `id` repeats only when the controller died between sending and noting it, so receivers
 * may drop what they have seen.
 */
export const webhookFormat: Format = {
  render: (message, receiver) => {
    const body = JSON.stringify({
      apiVersion: 'serin.dev/v1alpha1',
      kind: 'Message',
      ...message,
      at: new Date(message.at).toISOString(),
    });
    return { body, headers: signature(body, receiver) };
  },
};
