import type { JsonRecord } from '../lib/json.ts';
import { isRecord } from '../lib/json.ts';

export type Change = (record: JsonRecord) => JsonRecord;

/** A copy of `holder` whose object in `field` is changed; `holder` itself when there is none. */
export const within = (holder: JsonRecord, field: string, change: Change): JsonRecord => {
  const value = holder[field];
  return isRecord(value) ? { ...holder, [field]: change(value) } : holder;
};

/** A copy of `holder` with every object of the list in `field` changed; `holder` itself when there is no list. */
export const withinEach = (holder: JsonRecord, field: string, change: Change): JsonRecord => {
  const list = holder[field];
  return Array.isArray(list)
    ? { ...holder, [field]: list.map((item: unknown) => (isRecord(item) ? change(item) : item)) }
    : holder;
};
