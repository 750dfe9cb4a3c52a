import { createHmac } from 'node:crypto';
import type { Format } from './receiver.ts';

/**
 * The message itself as JSON. `id` repeats only when the controller died between sending and noting it, so receivers
 * may drop what they have seen. With a key, `X-Signature: sha256=<hex>` is the HMAC of the raw body.
 */
export const webhookFormat: Format = (message, receiver) => {
  const body = JSON.stringify({
    apiVersion: 'serin.dev/v1alpha1',
    kind: 'Message',
    ...message,
    at: new Date(message.at).toISOString(),
  });
  if (receiver.hmac === undefined) return { body, headers: {} };
  const signature = createHmac('sha256', receiver.hmac).update(body).digest('hex');
  return { body, headers: { 'x-signature': `sha256=${signature}` } };
};
