import { isRecord, listAt, recordAt } from '../../lib/json.ts';
import type { Shape } from './shapes.ts';

/**
 * The shape that a structural schema gives its values, by its `x-kubernetes-list-type`, `-list-map-keys` and
 * `-map-type`; undefined where it says nothing.
 */
export const schemaShape = (schema: unknown): Shape | undefined => {
  if (!isRecord(schema)) return undefined;
  if (schema['x-kubernetes-map-type'] === 'atomic') return { type: 'atomic' };
  const listType = schema['x-kubernetes-list-type'];
  if (listType === 'set') return { type: 'set' };
  if (listType === 'map') {
    const keys = listAt(schema, 'x-kubernetes-list-map-keys').filter((key) => typeof key === 'string');
    const item = schemaShape(schema['items']);
    return { type: 'keyed', keys, ...(item === undefined ? {} : { item }) };
  }
  const fields = Object.entries(recordAt(schema, 'properties')).flatMap(([name, child]): [string, Shape][] => {
    const shape = schemaShape(child);
    return shape === undefined ? [] : [[name, shape]];
  });
  return fields.length === 0 ? undefined : { type: 'fields', fields: Object.fromEntries(fields) };
};
