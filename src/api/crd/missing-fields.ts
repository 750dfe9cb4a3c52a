import { isRecord, recordAt } from '../../lib/json.ts';
import type { SchemaNode } from '../json-schema.ts';

/**
 * Paths of fields that `wanted` knows and that an API server with `served` would drop, such as
 * `spec.analysis.stepWeights`; a field that is missing whole is named without those below it.
 */
export const missingFields = (wanted: SchemaNode, served: unknown, path = ''): readonly string[] => {
  if (!isRecord(served)) return path === '' ? [] : [path];
  const inside = (node: unknown): SchemaNode => (isRecord(node) ? node : {});
  const below = [
    ...(isRecord(wanted['items']) ? missingFields(wanted['items'], inside(served['items']), `${path}[]`) : []),
    ...(isRecord(wanted['additionalProperties'])
      ? missingFields(wanted['additionalProperties'], inside(served['additionalProperties']), `${path}.*`)
      : []),
  ];
  const known = recordAt(served, 'properties');
  const isOpen = served['x-kubernetes-preserve-unknown-fields'] === true || 'additionalProperties' in served;
  const fields = Object.entries(recordAt(wanted, 'properties')).flatMap(([name, child]) => {
    const at = path === '' ? name : `${path}.${name}`;
    if (!Object.hasOwn(known, name)) return isOpen ? [] : [at];
    return isRecord(child) ? missingFields(child, known[name], at) : [];
  });
  return [...below, ...fields];
};
