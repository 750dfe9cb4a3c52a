import { isRecord, type JsonRecord } from '../../lib/json.ts';

/**
 * A set of paths into an object, as a tree: what `managedFields` holds in its form FieldsV1. Keys are path elements as
 * written there: `f:name` a field, `k:{"name":"app"}` an item of a list with keys, `v:"x"` an item of a set.
 */
export type FieldSet = {
  /** The path down to here is itself in the set. */
  readonly member: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
};

export const NO_FIELDS: FieldSet = { member: false, children: new Map() };
export const LEAF: FieldSet = { member: true, children: new Map() };

export const isEmpty = (set: FieldSet): boolean => !set.member && set.children.size === 0;

/** A set from its parts; children that hold nothing are left out. */
export const fieldSet = (member: boolean, children: Iterable<readonly [string, FieldSet]>): FieldSet => ({
  member,
  children: new Map([...children].filter(([, child]) => !isEmpty(child))),
});

type Rule = {
  readonly keep: (inA: boolean, inB: boolean) => boolean;
  /** What comes of a side when there is nothing on the other: itself, or nothing. */
  readonly onlyA: boolean;
  readonly onlyB: boolean;
};

const combine = (a: FieldSet, b: FieldSet, rule: Rule): FieldSet => {
  if (isEmpty(b)) return rule.onlyA ? a : NO_FIELDS;
  if (isEmpty(a)) return rule.onlyB ? b : NO_FIELDS;
  const elements = new Set([...a.children.keys(), ...b.children.keys()]);
  const children = [...elements].map((element): [string, FieldSet] => [
    element,
    combine(a.children.get(element) ?? NO_FIELDS, b.children.get(element) ?? NO_FIELDS, rule),
  ]);
  return fieldSet(rule.keep(a.member, b.member), children);
};

const UNION: Rule = { keep: (inA, inB) => inA || inB, onlyA: true, onlyB: true };
const INTERSECTION: Rule = { keep: (inA, inB) => inA && inB, onlyA: false, onlyB: false };
const DIFFERENCE: Rule = { keep: (inA, inB) => inA && !inB, onlyA: true, onlyB: false };

export const union = (a: FieldSet, b: FieldSet): FieldSet => combine(a, b, UNION);
export const intersection = (a: FieldSet, b: FieldSet): FieldSet => combine(a, b, INTERSECTION);
/** Paths of `a` that are not in `b`; paths below those of `b` stay. */
export const difference = (a: FieldSet, b: FieldSet): FieldSet => combine(a, b, DIFFERENCE);

/** The set with every field that has something below it: whoever owns `spec.replicas` also holds `spec` in place. */
export const withParents = (set: FieldSet): FieldSet =>
  fieldSet(
    set.member,
    [...set.children].map(([element, child]): [string, FieldSet] => {
      const closed = withParents(child);
      return [element, element.startsWith('f:') ? { ...closed, member: true } : closed];
    }),
  );

/** The set as FieldsV1, keys in order. */
export const toFieldsV1 = (set: FieldSet): JsonRecord => {
  const children = [...set.children].sort(([a], [b]) => (a < b ? -1 : 1));
  const fields = children.map(([element, child]): [string, JsonRecord] => [element, toFieldsV1(child)]);
  return { ...(set.member && fields.length > 0 ? { '.': {} } : {}), ...Object.fromEntries(fields) };
};

export const fromFieldsV1 = (fields: unknown): FieldSet => {
  const parse = (node: unknown): FieldSet => {
    const entries = Object.entries(isRecord(node) ? node : {});
    const children = entries.filter(([element]) => element !== '.');
    return fieldSet(
      children.length === 0 || children.length < entries.length,
      children.map(([element, child]) => [element, parse(child)]),
    );
  };
  return { ...parse(fields), member: false };
};

/** Every path of the set as a person reads it: `.spec.containers[name="app"].image`. */
export const pathsOf = (set: FieldSet, prefix = ''): readonly string[] => {
  const children = [...set.children].sort(([a], [b]) => (a < b ? -1 : 1));
  const below = children.flatMap(([element, child]) => pathsOf(child, prefix + readableElement(element)));
  return set.member ? [prefix, ...below] : below;
};

/** A path element as a person reads it: `.image`, `[name="app"]`. */
export const readableElement = (element: string): string => {
  const rest = element.slice(2);
  if (element.startsWith('f:')) return `.${rest}`;
  if (element.startsWith('v:')) return `[=${rest}]`;
  const key: unknown = JSON.parse(rest);
  const parts = Object.entries(isRecord(key) ? key : {}).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `[${parts.join(',')}]`;
};
