import { isRecord, type JsonRecord } from '../lib/json.ts';
import { jsonSchemaOf, nodeAt, pathText, type SchemaNode } from './json-schema.ts';
import type { Kind } from './kinds.ts';
import type { Problem } from './problem.ts';
import { placesOf, type Rule, sentenceOf } from './rules/rule.ts';
import { shapeProblems } from './shape-problem.ts';

export type Validated =
  | { readonly ok: true; readonly spec: unknown }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** JSON schemas of specs, made when they are first needed. */
const schemas = new Map<Kind, SchemaNode>();
const schemaOf = (kind: Kind): SchemaNode => {
  const known = schemas.get(kind) ?? jsonSchemaOf(kind.spec);
  schemas.set(kind, known);
  return known;
};

/**
 * What the cluster does with a spec on its way in: shape, defaults, unique keys, rules. With `old`, also the rules
 * about changes. Gives the spec with its defaults, or every problem found (rules are asked only of a sound shape).
 */
export const validateSpec = (kind: Kind, spec: unknown, old?: { readonly spec: unknown }): Validated => {
  const parsed = kind.spec.safeParse(spec);
  if (!parsed.success) {
    return {
      ok: false,
      problems: shapeProblems(parsed.error.issues, { schema: schemaOf(kind), value: spec, root: 'spec' }),
    };
  }
  const object = { spec: parsed.data };
  const repeated = repeatedKeys(parsed.data, { schema: schemaOf(kind), path: ['spec'] });
  const broken = kind.rules.flatMap((rule) => brokenPlaces(rule, object, old));
  const problems = [...repeated, ...broken];
  return problems.length === 0 ? { ok: true, spec: parsed.data } : { ok: false, problems };
};

const brokenPlaces = (rule: Rule, object: JsonRecord, old: JsonRecord | undefined): readonly Problem[] => {
  if (rule.transition === true && old === undefined) return [];
  return placesOf(object, rule.at)
    .filter(({ value }) => !rule.holds(value, old === undefined ? undefined : placesOf(old, rule.at)[0]?.value))
    .map(({ path, value }) => ({
      where: rule.field === undefined ? path : `${path}.${rule.field}`,
      message: sentenceOf(rule, value),
      reason: 'InvalidSpec',
    }));
};

/** Items of map lists and sets that stand there twice. */
const repeatedKeys = (
  value: unknown,
  { schema, path }: { readonly schema: SchemaNode; readonly path: readonly PropertyKey[] },
): readonly Problem[] => {
  const below = (child: unknown, step: PropertyKey): readonly Problem[] => {
    const node = nodeAt(schema, [step]);
    return node === undefined ? [] : repeatedKeys(child, { schema: node, path: [...path, step] });
  };
  if (isRecord(value)) return Object.entries(value).flatMap(([name, child]) => below(child, name));
  if (!Array.isArray(value)) return [];
  const key = schema['x-kubernetes-list-type'] === 'map' ? 'name' : undefined;
  const unique = key !== undefined || schema['x-kubernetes-list-type'] === 'set';
  const seen = new Set<unknown>();
  return value.flatMap((item, index) => {
    const id = key !== undefined && isRecord(item) ? item[key] : item;
    const twice = unique && seen.has(id);
    seen.add(id);
    const where = pathText([...path, index, ...(key === undefined ? [] : [key])]);
    const problem: Problem = {
      where,
      message: `Found ${JSON.stringify(id)} twice: want each one once`,
      reason: 'InvalidSpec',
    };
    return [...(twice ? [problem] : []), ...below(item, index)];
  });
};
