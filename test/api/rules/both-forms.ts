import assert from 'node:assert/strict';
import { jsonSchemaOf, nodeAt, type SchemaNode } from '#src/api/json-schema.ts';
import { type Kind, kindNamed } from '#src/api/kinds.ts';
import { placesOf, type Rule, sentenceCel, sentenceOf } from '#src/api/rules/rule.ts';
import { celValue, evaluate } from './cel.ts';

export const kindOf = (name: string): Kind => kindNamed(name) ?? assert.fail(`${name} is no kind`);

/** A value as it stands in JSON: without undefined fields. */
export const clean = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const schemas = new Map<Kind, SchemaNode>();

/** The rules that `spec` breaks, asked in CEL and in TypeScript; fails where the answers or the sentences differ. */
export const refusedBy = (kind: Kind, spec: unknown): readonly Rule[] => {
  const schema = schemas.get(kind) ?? jsonSchemaOf(kind.spec);
  schemas.set(kind, schema);
  const object = { spec: kind.spec.parse(clean(spec)) };
  return kind.rules.filter((rule) => rule.transition !== true && placesOf(object, rule.at).some(breaks(rule, schema)));
};

const breaks =
  (rule: Rule, schema: SchemaNode) =>
  ({ path, value }: { readonly path: string; readonly value: unknown }): boolean => {
    const [, ...steps] = path.split(/[.[\]]+/).filter((step) => step !== '');
    const node = nodeAt(
      schema,
      steps.map((step) => (/^[0-9]+$/.test(step) ? Number(step) : step)),
    );
    const self = celValue(value, node);
    const holds = rule.holds(value);
    assert.equal(evaluate(rule.cel, { self }) === true, holds, `${rule.cel} of ${JSON.stringify(value)}`);
    const sentence = sentenceCel(rule);
    if (!holds && sentence !== undefined) assert.equal(evaluate(sentence, { self }), sentenceOf(rule, value));
    return !holds;
  };
