import { z } from 'zod';
import { isRecord, type JsonRecord } from '../lib/json.ts';

/** One node of a JSON schema: what zod emits, with our own keys `want` and `sensitive`. */
export type SchemaNode = JsonRecord;

/**
 * JSON schema of what users write, in the dialect of OpenAPI 3.0. Throws for what cannot be expressed, and for a default
 * that its own schema refuses.
 */
export const jsonSchemaOf = (schema: z.ZodType): SchemaNode =>
  z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    reused: 'inline',
    cycles: 'throw',
    unrepresentable: 'throw',
    override: ({ zodSchema: { _zod }, path }) => {
      const { def } = _zod;
      if (def.type !== 'default' && def.type !== 'prefault') return;
      if (z.safeParse(def.innerType, def.defaultValue).success) return;
      throw new TypeError(`Cannot use the default of ${path.join('.')}: its own schema refuses it`);
    },
  });

/** The node that describes what stands at `path`; undefined below open objects and for unknown fields. */
export const nodeAt = (node: SchemaNode, path: readonly PropertyKey[]): SchemaNode | undefined => {
  const [step, ...deeper] = path;
  if (step === undefined) return node;
  const { properties, items, additionalProperties } = node;
  const child =
    typeof step === 'number' ? items : isRecord(properties) ? properties[String(step)] : additionalProperties;
  return isRecord(child) ? nodeAt(child, deeper) : undefined;
};

/** `a.b[0].c` of a path. */
export const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : text === '' ? String(step) : `${text}.${String(step)}`,
    '',
  );
