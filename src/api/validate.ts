import { jsonSchemaOf, type SchemaNode } from './json-schema.ts';
import type { Kind } from './kinds.ts';
import type { Problem } from './problem.ts';
import { type Place, placesOf, type Rule, sentenceOf } from './rules/rule.ts';
import { shapeProblems } from './shape-problem.ts';
import { repeated, type UniqueList, uniqueListsOf } from './unique-lists.ts';

export type Validated =
  | { readonly ok: true; readonly spec: unknown }
  | { readonly ok: false; readonly problems: readonly Problem[] };

type Prepared = { readonly schema: SchemaNode; readonly uniqueLists: readonly UniqueList[] };
const prepared = new Map<Kind, Prepared>();
/** What is worked out of a kind once, when it is first needed. */
const prepare = (kind: Kind): Prepared => {
  const known = prepared.get(kind);
  if (known !== undefined) return known;
  const schema = jsonSchemaOf(kind.spec);
  const fresh = { schema, uniqueLists: uniqueListsOf(schema, 'spec') };
  prepared.set(kind, fresh);
  return fresh;
};

/**
 * What the cluster does with a spec on its way in: shape, defaults, unique keys, rules. With `old`, also the rules
 * about changes. Gives the spec with its defaults, or every problem found (rules are asked only of a sound shape).
 */
export const validateSpec = (kind: Kind, spec: unknown, old?: { readonly spec: unknown }): Validated => {
  const { schema, uniqueLists } = prepare(kind);
  const parsed = kind.spec.safeParse(spec);
  if (!parsed.success) {
    return { ok: false, problems: shapeProblems(parsed.error.issues, { schema, value: spec, root: 'spec' }) };
  }
  const places = placeReader({ spec: parsed.data });
  const twice = uniqueLists.flatMap((list) => places(list.at).flatMap((place) => repeated(list, place)));
  const broken = kind.rules.flatMap((rule) => brokenPlaces(rule, places(rule.at), old));
  const problems = [...twice, ...broken];
  return problems.length === 0 ? { ok: true, spec: parsed.data } : { ok: false, problems };
};

/** Reads the places of one object; most rules share theirs. */
const placeReader = (object: unknown): ((at: string) => readonly Place[]) => {
  const read = new Map<string, readonly Place[]>();
  return (at) => {
    const places = read.get(at) ?? placesOf(object, at);
    read.set(at, places);
    return places;
  };
};

const brokenPlaces = (rule: Rule, places: readonly Place[], old: unknown): readonly Problem[] => {
  if (rule.transition === true && old === undefined) return [];
  const before = rule.transition === true ? placesOf(old, rule.at)[0]?.value : undefined;
  return places
    .filter(({ value }) => !rule.holds(value, before))
    .map(({ path, value }) => ({
      where: rule.field === undefined ? path : `${path}.${rule.field}`,
      message: sentenceOf(rule, value),
      reason: 'InvalidSpec',
    }));
};
