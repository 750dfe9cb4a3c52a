import { isRecord } from './json.ts';

/**
 * The readable text of anything thrown, with the text of its causes: `a: b: c`, where a message does not quote its cause.
 * Never the object itself.
 */
export const messageOf = (error: unknown): string => {
  if (error instanceof Error) {
    if (error.cause === undefined) return error.message;
    const cause = messageOf(error.cause);
    return error.message.endsWith(cause) ? error.message : `${error.message}: ${cause}`;
  }
  if (isRecord(error) && typeof error['message'] === 'string') return error['message'];
  return typeof error === 'string' ? error : 'unknown error';
};
