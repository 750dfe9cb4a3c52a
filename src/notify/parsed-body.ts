import { isRecord, type JsonRecord } from '../lib/json.ts';

/** The body of an answer when it is a JSON object. */
export const parsedBody = (body: string): JsonRecord | undefined => {
  try {
    const parsed: unknown = JSON.parse(body);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
};
