import { isRecord, recordAt } from '../lib/json.ts';
import type { SchemaNode } from './json-schema.ts';
import type { Problem } from './problem.ts';
import type { Place } from './rules/rule.ts';

/** A list in which an item stands once: an item of a set, or the item with that `key` of a map list. */
export type UniqueList = { readonly at: string; readonly key?: string };

/** The lists of `schema` in which nothing may stand twice; `at` is the place of `schema` itself. */
export const uniqueListsOf = (schema: SchemaNode, at: string): readonly UniqueList[] => {
  const fields = Object.entries(recordAt(schema, 'properties')).flatMap(([name, child]) =>
    isRecord(child) ? uniqueListsOf(child, `${at}.${name}`) : [],
  );
  const { items } = schema;
  const nested = isRecord(items) ? uniqueListsOf(items, `${at}[]`) : [];
  const type = schema['x-kubernetes-list-type'];
  const own = type === 'map' ? [{ at, key: 'name' }] : type === 'set' ? [{ at }] : [];
  return [...own, ...fields, ...nested];
};

/** What stands in the list at `place` for the second time. */
export const repeated = ({ key }: UniqueList, { path, value }: Place): readonly Problem[] => {
  const ids = (Array.isArray(value) ? value : []).map((item: unknown) =>
    key !== undefined && isRecord(item) ? item[key] : item,
  );
  return ids.flatMap((id, index): readonly Problem[] => {
    if (ids.indexOf(id) === index) return [];
    const where = `${path}[${index}]${key === undefined ? '' : `.${key}`}`;
    return [{ where, message: `Found ${JSON.stringify(id)} twice: want each one once`, reason: 'InvalidSpec' }];
  });
};
