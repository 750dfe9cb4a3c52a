import { isRecord } from './json.ts';

/** The readable text of anything thrown, with the text of its causes: `a: b: c`. Never the object itself. */
export const messageOf = (error: unknown): string => {
  if (error instanceof Error) {
    return error.cause === undefined ? error.message : `${error.message}: ${messageOf(error.cause)}`;
  }
  if (isRecord(error) && typeof error['message'] === 'string') return error['message'];
  return typeof error === 'string' ? error : 'unknown error';
};
