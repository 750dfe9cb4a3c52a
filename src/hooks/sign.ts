import { createHmac } from 'node:crypto';

/** Value of `X-Serin-Signature`: the HMAC-SHA256 of the body as it is sent, under `key` byte for byte. */
export const signatureOf = (body: string, key: string): string =>
  `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
