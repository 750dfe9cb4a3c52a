import { isRecord, type JsonRecord, recordAt } from '../../lib/json.ts';
import type { SchemaNode } from '../json-schema.ts';

type Options = {
  /** Path of the node, for errors. */
  readonly path: string;
  /**
   * For what only Serin writes: any field is kept and no value refused, so that two versions of Serin can work on one
   * object. Keys of map lists stay required, because the cluster insists.
   */
  readonly permissive?: boolean;
  /** Every text, list and map must say how long it can be, because rules read them. */
  readonly bounded?: boolean;
};

/** Keys that mean something to us or to zod, and nothing to the cluster. */
const OURS = ['want', 'sensitive', 'additionalProperties', 'properties', 'items', 'required', 'anyOf'];
const CONSTRAINTS = [
  'enum',
  'pattern',
  'format',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'default',
];
/** What a structural schema cannot hold, or only in ways that we do not need. */
const REFUSED = ['$ref', 'oneOf', 'allOf', 'not', 'nullable', 'propertyNames', 'prefixItems'];
const LOOK_AROUND = /\(\?(<?[=!])|\\[1-9]/;

/**
 * The structural schema (KEP 1693) of a JSON schema that zod made. Throws for what the cluster would refuse, or would
 * accept and then ignore, so that it is found when CRDs are generated and not when they are installed.
 */
export const structural = (node: SchemaNode, options: Options): SchemaNode => {
  const { path, permissive = false, bounded = false } = options;
  const refuse = (why: string): never => {
    throw new TypeError(`Cannot express ${path} in a CRD: ${why}`);
  };
  const odd = REFUSED.find((key) => key in node);
  if (odd !== undefined) return refuse(`it uses ${odd}`);
  const kept = Object.fromEntries(
    Object.entries(node).filter(
      ([key, value]) => !OURS.includes(key) && !(permissive && CONSTRAINTS.includes(key)) && !isSafeBound(key, value),
    ),
  );
  if (node['x-kubernetes-int-or-string'] === true) {
    const { type: _type, ...rest } = kept;
    return rest;
  }
  if ('anyOf' in node) return refuse('it is a union');
  if (typeof node['pattern'] === 'string' && LOOK_AROUND.test(node['pattern'])) {
    return refuse('its pattern looks around or back, which RE2 cannot');
  }
  switch (node['type']) {
    case 'object': {
      const object = { ...kept, ...objectOf(node, { ...options, refuse }) };
      return isRecord(kept['default']) ? { ...object, default: filled(kept['default'], node) } : object;
    }
    case 'array': {
      if (bounded && typeof node['maxItems'] !== 'number') return refuse('the list has no maximum');
      if (!isRecord(node['items'])) return refuse('the list says nothing of its items');
      const keys = node['x-kubernetes-list-map-keys'];
      const items = structural(node['items'], { ...options, path: `${path}[]` });
      return { ...kept, items: permissive && Array.isArray(keys) ? { ...items, required: keys } : items };
    }
    case 'string': {
      const ends = typeof node['maxLength'] === 'number' || Array.isArray(node['enum']);
      return ends || !bounded ? kept : refuse('the text has no maximum length');
    }
    case 'integer':
    case 'number':
    case 'boolean':
      return kept;
    default:
      return refuse('it has no type');
  }
};

type ObjectOptions = Options & { readonly refuse: (why: string) => never };

const objectOf = (node: SchemaNode, { refuse, ...options }: ObjectOptions): SchemaNode => {
  const { path, permissive = false, bounded = false } = options;
  const { properties, additionalProperties: others, required } = node;
  if (isRecord(others) && Object.keys(others).length > 0) {
    if (isRecord(properties)) return refuse('it has both named fields and others');
    if (bounded && typeof node['maxProperties'] !== 'number') return refuse('the map has no maximum');
    return { additionalProperties: structural(others, { ...options, path: `${path}.*` }) };
  }
  const fields = Object.entries(isRecord(properties) ? properties : {}).map(([name, child]): [string, SchemaNode] => [
    name,
    isRecord(child) ? structural(child, { ...options, path: `${path}.${name}` }) : refuse(`${name} has no schema`),
  ]);
  // `additionalProperties: false` is what pruning does; an open object keeps everything.
  const open = permissive || isRecord(others);
  return {
    ...(fields.length === 0 ? {} : { properties: Object.fromEntries(fields) }),
    ...(Array.isArray(required) && !permissive ? { required } : {}),
    ...(open ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
  };
};

/** A default with the defaults of its fields: the cluster asks rules of it as it stands here. */
const filled = (value: JsonRecord, node: SchemaNode): JsonRecord => {
  const defaults = Object.entries(recordAt(node, 'properties')).flatMap(([name, child]): [string, unknown][] =>
    isRecord(child) && 'default' in child ? [[name, child['default']]] : [],
  );
  return { ...Object.fromEntries(defaults), ...value };
};

/** Bounds that zod adds to every integer and that say nothing. */
const isSafeBound = (key: string, value: unknown): boolean =>
  (key === 'minimum' && value === Number.MIN_SAFE_INTEGER) || (key === 'maximum' && value === Number.MAX_SAFE_INTEGER);
