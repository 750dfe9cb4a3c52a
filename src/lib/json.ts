/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object whose fields nobody has checked yet. */
export type JsonRecord = { readonly [key: string]: unknown };

/** True for a plain JSON object (not null, not a list). */
export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at `path` below `root`; undefined as soon as a step is missing. Numbers index lists. */
export const at = (root: unknown, ...path: readonly (string | number)[]): unknown => {
  let node = root;
  for (const step of path) {
    if (typeof step === 'number' && Array.isArray(node)) node = node[step];
    else if (typeof step === 'string' && isRecord(node)) node = node[step];
    else return undefined;
  }
  return node;
};

/** The string at `path`, or undefined when there is none or it is something else. */
export const stringAt = (root: unknown, ...path: readonly (string | number)[]): string | undefined => {
  const value = at(root, ...path);
  return typeof value === 'string' ? value : undefined;
};

/** The number at `path`, or undefined when there is none or it is something else. */
export const numberAt = (root: unknown, ...path: readonly (string | number)[]): number | undefined => {
  const value = at(root, ...path);
  return typeof value === 'number' ? value : undefined;
};

/** The object at `path`, or an empty one. */
export const recordAt = (root: unknown, ...path: readonly (string | number)[]): JsonRecord => {
  const value = at(root, ...path);
  return isRecord(value) ? value : {};
};

/** The list at `path`, or an empty one. */
export const listAt = (root: unknown, ...path: readonly (string | number)[]): readonly unknown[] => {
  const value = at(root, ...path);
  return Array.isArray(value) ? value : [];
};

/** The object at `path` as string to string; entries that are not strings are left out. */
export const stringsAt = (root: unknown, ...path: readonly (string | number)[]): Readonly<Record<string, string>> => {
  const result: Record<string, string> = {};
  for (const [key, value] of Object.entries(recordAt(root, ...path)))
    if (typeof value === 'string') result[key] = value;
  return result;
};

/** JSON with sorted keys and without undefined: equal values give equal text (RFC 8785 in spirit). */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (!isRecord(value)) return JSON.stringify(value ?? null);
  const fields = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${fields.join(',')}}`;
};

/** True when both are the same JSON, whatever the order of keys; undefined fields count as absent. */
export const sameJson = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  }
  if (!isRecord(a) || !isRecord(b)) return canonicalJson(a) === canonicalJson(b);
  const fields = Object.keys(a).filter((key) => a[key] !== undefined);
  const others = Object.keys(b).filter((key) => b[key] !== undefined);
  return fields.length === others.length && fields.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]));
};
