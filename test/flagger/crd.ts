import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { at, isRecord, type JsonRecord, recordAt } from '#src/lib/json.ts';

const read = new Map<string, JsonRecord>();

/** OpenAPI v3 schema of a kind of Flagger 1.44, from its own CRD. */
export const flaggerSchema = (plural: 'canaries' | 'metrictemplates' | 'alertproviders'): JsonRecord => {
  const known = read.get(plural) ?? readSchema(plural);
  read.set(plural, known);
  return known;
};

const readSchema = (plural: string): JsonRecord => {
  const text = readFileSync(join(import.meta.dirname, 'crds', `${plural}.flagger.app.yaml`), 'utf8');
  return recordAt(load(text), 'spec', 'versions', 0, 'schema', 'openAPIV3Schema');
};

/** A field of a schema: its path, such as `spec.analysis.metrics[].name`, and what may stand there. */
export type Field = { readonly path: string; readonly schema: JsonRecord };

const below = (path: string, schema: JsonRecord): readonly Field[] => {
  const items = at(schema, 'items');
  if (isRecord(items)) return fieldsOf(items, `${path}[]`);
  return fieldsOf(schema, path);
};

/** Every field below `path`, from the outside in; entries of a map are no fields. */
export const fieldsOf = (schema: JsonRecord, path: string): readonly Field[] =>
  Object.entries(recordAt(schema, 'properties')).flatMap(([name, child]) => {
    if (!isRecord(child)) return [];
    const own = { path: `${path}.${name}`, schema: child };
    return [own, ...below(own.path, child)];
  });

/** Every field of `spec` or `status` of a flagger.app Canary. */
export const canaryFields = (of: 'spec' | 'status'): readonly Field[] =>
  fieldsOf(recordAt(flaggerSchema('canaries'), 'properties', of), of);
