import { readFile } from 'node:fs/promises';
import { request } from 'undici';
import type { Clock } from '../lib/clock.ts';

/** What istiod answers, and by how much its clock is ahead of ours, ms, as far as whole seconds tell. */
export type IstiodAnswer = { readonly body: unknown; readonly ahead: number };
export type AskIstiod = (signal: AbortSignal) => Promise<IstiodAnswer>;

const TIMEOUT_MS = 5_000;
/** A Date header has whole seconds: of what was cut off nobody knows, so that as much is taken for a difference. */
const SECOND_MS = 1000;

/**
 * Asks istiod at `address` for the state of its proxies. Not from the same host it wants a ServiceAccount token of a
 * namespace that may debug (`ENABLE_DEBUG_ENDPOINT_AUTH`), which is read anew each time: the kubelet renews it. Rejects
 * with the address, the answer and what is wanted.
 */
export const istiodAt = (
  address: string,
  { tokenFile, clock }: { readonly tokenFile?: string | undefined; readonly clock: Pick<Clock, 'now'> },
): AskIstiod => {
  const url = new URL('/debug/syncz', address);
  return async (signal) => {
    const token = tokenFile === undefined ? undefined : (await readFile(tokenFile, 'utf8')).trim();
    const { statusCode, headers, body } = await request(url, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      signal,
    });
    if (statusCode !== 200) {
      await body.dump();
      const want = statusCode === 401 || statusCode === 403 ? 'a token of a namespace that may debug' : '200';
      throw new Error(`${url.origin} answers ${statusCode} to ${url.pathname}; want ${want}`);
    }
    const date = Date.parse(String(headers['date']));
    const off = Number.isNaN(date) ? 0 : date - clock.now();
    return { body: await body.json(), ahead: Math.abs(off) <= SECOND_MS ? 0 : off };
  };
};
