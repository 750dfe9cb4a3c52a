import { canonicalJson, isRecord, sameJson } from '../../lib/json.ts';
import { type FieldSet, fieldSet, LEAF, NO_FIELDS, readableElement, union } from './field-set.ts';
import { fieldShape, type Shape } from './shapes.ts';

/** A value taken apart as its shape says; undefined when it is one piece: a scalar, something atomic, an empty map. */
type Parts = {
  readonly list: boolean;
  readonly items: ReadonlyMap<string, { value: unknown; shape: Shape | undefined }>;
};

const partsOf = (value: unknown, shape: Shape | undefined): Parts | undefined => {
  if (Array.isArray(value)) {
    if (shape?.type !== 'set' && shape?.type !== 'keyed') return undefined;
    const itemShape = shape.type === 'keyed' ? shape.item : undefined;
    const items = value.map((item): [string, { value: unknown; shape: Shape | undefined }] => [
      elementOf(item, shape),
      { value: item, shape: itemShape },
    ]);
    return { list: true, items: new Map(items) };
  }
  if (!isRecord(value) || shape?.type === 'atomic' || Object.keys(value).length === 0) return undefined;
  const items = Object.entries(value).map(([key, field]): [string, { value: unknown; shape: Shape | undefined }] => [
    `f:${key}`,
    { value: field, shape: fieldShape(shape, key) },
  ]);
  return { list: false, items: new Map(items) };
};

const elementOf = (item: unknown, shape: Shape & { type: 'set' | 'keyed' }): string => {
  if (shape.type === 'set') return `v:${canonicalJson(item)}`;
  const record = isRecord(item) ? item : {};
  const key = shape.keys.map((name): [string, unknown] => [name, record[name] ?? shape.defaults?.[name] ?? null]);
  return `k:${canonicalJson(Object.fromEntries(key))}`;
};

const rebuild = (list: boolean, items: readonly (readonly [string, unknown])[]): unknown =>
  list
    ? items.map(([, value]) => value)
    : Object.fromEntries(items.map(([element, value]): [string, unknown] => [element.slice(2), value]));

/** The paths that a value holds. With `containers`, also of every map on the way: what creating it adds. */
export const fieldsOf = (value: unknown, shape: Shape | undefined, { containers = false } = {}): FieldSet => {
  const parts = partsOf(value, shape);
  if (parts === undefined) return LEAF;
  const children = [...parts.items].map(([element, item]): [string, FieldSet] => {
    const below = fieldsOf(item.value, item.shape, { containers });
    return [element, parts.list ? { ...below, member: true } : below];
  });
  return fieldSet(containers, children);
};

/** The first list below `value` that its keys or values do not tell apart, in words; undefined when there is none. */
export const ambiguityIn = (value: unknown, shape: Shape | undefined, path = ''): string | undefined => {
  const parts = partsOf(value, shape);
  if (parts === undefined) return undefined;
  if (Array.isArray(value) && parts.items.size < value.length) {
    const seen = new Set<string>();
    const elements = value.map((item) =>
      shape?.type === 'set' || shape?.type === 'keyed' ? elementOf(item, shape) : '',
    );
    const twice = elements.find((element) => seen.size === seen.add(element).size) ?? '';
    return `${path}: duplicate entries for key ${readableElement(twice)}`;
  }
  for (const [element, item] of parts.items) {
    const found = ambiguityIn(item.value, item.shape, path + readableElement(element));
    if (found !== undefined) return found;
  }
  return undefined;
};

export type Comparison = { readonly added: FieldSet; readonly modified: FieldSet; readonly removed: FieldSet };
const SAME: Comparison = { added: NO_FIELDS, modified: NO_FIELDS, removed: NO_FIELDS };

/** Which paths differ between two values of one shape. The order of a list with keys does not count. */
export const compareFields = (before: unknown, after: unknown, shape: Shape | undefined): Comparison => {
  if (before === after) return SAME;
  if (before === undefined) return { ...SAME, added: fieldsOf(after, shape, { containers: true }) };
  if (after === undefined) return { ...SAME, removed: fieldsOf(before, shape, { containers: true }) };
  const old = partsOf(before, shape) ?? emptyParts(before, shape);
  const now = partsOf(after, shape) ?? emptyParts(after, shape);
  if (old === undefined || now === undefined || old.list !== now.list) {
    return sameJson(before, after) ? SAME : { ...SAME, modified: LEAF };
  }
  const elements = [...new Set([...old.items.keys(), ...now.items.keys()])];
  const below = elements.map((element): [string, Comparison] => {
    const [was, is] = [old.items.get(element), now.items.get(element)];
    return [element, compareFields(was?.value, is?.value, was?.shape ?? is?.shape)];
  });
  const side = (pick: keyof Comparison): FieldSet =>
    fieldSet(
      false,
      below.map(([element, found]) => [element, found[pick]]),
    );
  return { added: side('added'), modified: side('modified'), removed: side('removed') };
};

/** An empty map is one piece for its owner, but against a map with fields it is a map without any. */
const emptyParts = (value: unknown, shape: Shape | undefined): Parts | undefined =>
  isRecord(value) && Object.keys(value).length === 0 && shape?.type !== 'atomic'
    ? { list: false, items: new Map() }
    : undefined;

/** `live` with what `config` says; what it does not speak of stays. */
export const mergeFields = (live: unknown, config: unknown, shape: Shape | undefined): unknown => {
  if (config === undefined) return live;
  const have = partsOf(live, shape);
  const want = partsOf(config, shape);
  if (want === undefined) return have !== undefined && isEmptyMap(config) ? live : config;
  if (have === undefined || have.list !== want.list) return config;
  const merged = (element: string): [string, unknown] => {
    const [was, is] = [have.items.get(element), want.items.get(element)];
    return [element, mergeFields(was?.value, is?.value, is?.shape ?? was?.shape)];
  };
  return rebuild(have.list, mergedOrder([...have.items.keys()], [...want.items.keys()]).map(merged));
};

const isEmptyMap = (value: unknown): boolean => isRecord(value) && Object.keys(value).length === 0;

/** The elements of both: those of `want` in its order, the others before the next that both have. */
const mergedOrder = (have: readonly string[], want: readonly string[]): readonly string[] => {
  const wanted = new Set(want);
  const shared = want.filter((element) => have.includes(element));
  const order: string[] = [];
  let next = 0;
  for (const element of want) {
    for (; next < have.length; next++) {
      const candidate = have[next];
      if (candidate === undefined || candidate === shared[0]) break;
      if (!wanted.has(candidate)) order.push(candidate);
    }
    order.push(element);
    if (element === shared[0]) {
      shared.shift();
      next++;
    }
  }
  return [...order, ...have.slice(next).filter((element) => !wanted.has(element))];
};

/** The value without the paths of `set`; undefined when nothing is left of it. */
export const removeFields = (value: unknown, set: FieldSet, shape: Shape | undefined): unknown => {
  if (set.member) return undefined;
  const parts = partsOf(value, shape);
  if (parts === undefined || set.children.size === 0) return value;
  const left = [...parts.items]
    .map(([element, item]): [string, unknown] => {
      const below = set.children.get(element);
      return [element, below === undefined ? item.value : removeFields(item.value, below, item.shape)];
    })
    .filter(([, item]) => item !== undefined);
  return left.length === 0 ? undefined : rebuild(parts.list, left);
};

/** Everything that differs and is still there. */
export const changedFields = ({ added, modified }: Comparison): FieldSet => union(added, modified);
