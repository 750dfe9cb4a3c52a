import { at, isRecord } from '../../lib/json.ts';

export type Pruned = {
  readonly value: unknown;
  /** Where fields stood that the schema does not know, such as `spec.analisys`. */
  readonly unknown: readonly string[];
};

const KEEPS_UNKNOWN = 'x-kubernetes-preserve-unknown-fields';

/**
 * `value` without the fields that its structural schema does not know, and without nulls where the schema allows none:
 * what an API server does with a custom resource before it fills in defaults.
 */
export const pruned = (value: unknown, schema: unknown, path = ''): Pruned => {
  if (Array.isArray(value)) {
    const items = value.map((item, index) => pruned(item, at(schema, 'items'), `${path}[${index}]`));
    return { value: items.map((item) => item.value), unknown: items.flatMap((item) => item.unknown) };
  }
  if (!isRecord(value)) return { value, unknown: [] };
  const kept: [string, unknown][] = [];
  const unknown: string[] = [];
  for (const [name, child] of Object.entries(value)) {
    const where = path === '' ? name : `${path}.${name}`;
    const known = at(schema, 'properties', name) ?? at(schema, 'additionalProperties');
    if (known === undefined) {
      if (at(schema, KEEPS_UNKNOWN) === true) kept.push([name, child]);
      else unknown.push(where);
    } else if (child !== null || at(known, 'nullable') === true) {
      const inner = pruned(child, known, where);
      kept.push([name, inner.value]);
      unknown.push(...inner.unknown);
    }
  }
  return { value: Object.fromEntries(kept), unknown };
};
