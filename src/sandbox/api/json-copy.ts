import { isRecord, type JsonRecord } from '../../lib/json.ts';

/** The record without `keys`. */
export const omit = (record: JsonRecord, ...keys: readonly string[]): JsonRecord =>
  Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));

/**
 * A frozen copy of JSON as it would come over the wire: undefined and null fields are gone (an API server reads null
 * as absent), and nobody who holds the original can change what is stored.
 */
export const frozenCopy = (value: unknown): unknown => {
  if (Array.isArray(value)) return Object.freeze(value.map((item) => (item == null ? null : frozenCopy(item))));
  if (!isRecord(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) if (field != null) copy[key] = frozenCopy(field);
  return Object.freeze(copy);
};

/** Freezes `value` in place, as deep as it is not frozen yet. */
export const deepFreeze = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const field of Object.values(value)) deepFreeze(field);
  return Object.freeze(value);
};
