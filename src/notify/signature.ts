import { createHmac } from 'node:crypto';
import type { Receiver } from './receiver.ts';

/** With a key, `X-Signature: sha256=<hex>`: the HMAC of the raw body. */
export const signature = (body: string, { hmac }: Receiver): Readonly<Record<string, string>> =>
  hmac === undefined ? {} : { 'x-signature': `sha256=${createHmac('sha256', hmac).update(body).digest('hex')}` };
