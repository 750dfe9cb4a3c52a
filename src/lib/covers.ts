import { isRecord } from './json.ts';

/**
 * True when every field of `wanted` stands in `actual` with the same value; lists must agree element by element.
 * Fields that only `actual` has, such as defaults and those of other field managers, do not count.
 */
export const covers = (actual: unknown, wanted: unknown): boolean => {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((item, index) => covers(actual[index], item))
    );
  }
  if (isRecord(wanted)) {
    return (
      isRecord(actual) &&
      Object.entries(wanted).every(([key, value]) => value === undefined || covers(actual[key], value))
    );
  }
  return actual === wanted;
};
