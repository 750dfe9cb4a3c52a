import { numberAt } from '../lib/json.ts';
import { parsedBody } from './parsed-body.ts';

/** Longer than this, and a message is asked about again all the same. */
const LONGEST_MS = 10 * 60_000;

const headerMs = (header: string | undefined, now: number): number | undefined => {
  if (header === undefined) return undefined;
  if (/^\d{1,9}([.]\d+)?$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : at - now;
};

/**
 * How long a receiver asks to be left alone, ms: by `Retry-After`, in seconds or as a date; Discord and Telegram say it
 * in their JSON too. Undefined where it says nothing.
 */
export const retryAfterMs = (
  answer: { readonly header: string | undefined; readonly body: string },
  now: number,
): number | undefined => {
  const body = parsedBody(answer.body);
  const seconds = numberAt(body, 'parameters', 'retry_after') ?? numberAt(body, 'retry_after');
  const ms = headerMs(answer.header, now) ?? (seconds === undefined ? undefined : seconds * 1000);
  return ms === undefined ? undefined : Math.min(Math.max(Math.ceil(ms), 0), LONGEST_MS);
};
