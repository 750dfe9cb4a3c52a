import { isRecord, recordAt } from '../../lib/json.ts';
import { jsonSchemaOf, type SchemaNode } from '../json-schema.ts';
import type { Kind } from '../kinds.ts';
import { GROUP, VERSION } from '../names.ts';
import { type Rule, sentenceCel, sentenceFields } from '../rules/rule.ts';
import { structural } from './structural.ts';

/** The CustomResourceDefinition of a kind, as JSON. */
export const definitionOf = (kind: Kind): SchemaNode => {
  const singular = kind.kind.toLowerCase();
  const names = { kind: kind.kind, listKind: `${kind.kind}List`, plural: kind.plural, singular };
  const version = {
    name: VERSION,
    served: true,
    storage: true,
    subresources: { status: {} },
    additionalPrinterColumns: kind.columns,
    schema: { openAPIV3Schema: objectSchemaOf(kind) },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: {
        ...names,
        ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
        ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
      },
      scope: kind.namespaced ? 'Namespaced' : 'Cluster',
      versions: [version],
    },
  };
};

const objectSchemaOf = (kind: Kind): SchemaNode => {
  // The cluster estimates the cost of a rule by what its values can hold at most.
  const bounded = kind.rules.some((rule) => rule.transition !== true);
  const bare = structural(jsonSchemaOf(kind.spec), { path: `${kind.kind}.spec`, bounded });
  const spec = kind.rules.reduce((schema, rule) => withRule(schema, rule), bare);
  const status = structural(jsonSchemaOf(kind.status), { path: `${kind.kind}.status`, permissive: true });
  const { maxNameLength } = kind;
  const name = { type: 'string', maxLength: maxNameLength };
  const metadata = { type: 'object', ...(maxNameLength === undefined ? {} : { properties: { name } }) };
  return {
    type: 'object',
    description: kind.description,
    required: ['spec'],
    properties: { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata, spec, status },
  };
};

const REASONS = {
  invalid: 'FieldValueInvalid',
  forbidden: 'FieldValueForbidden',
  required: 'FieldValueRequired',
} as const;

/** `schema` of the spec with `rule` at its place. Throws when there is no such place or field. */
const withRule = (schema: SchemaNode, rule: Rule): SchemaNode => {
  const [, ...steps] = rule.at.split('.');
  return change(schema, steps, (node) => {
    if (rule.field !== undefined) fieldAt(node, rule.field.split('.'));
    const number = sentenceFields(rule).find((path) => fieldAt(node, path.split('.'))['type'] !== 'string');
    if (number !== undefined) throw new TypeError(`Cannot put ${number} into a sentence: it is not text`);
    const before = node['x-kubernetes-validations'];
    const expression = sentenceCel(rule);
    const validation = {
      rule: rule.cel,
      ...(expression === undefined ? { message: rule.sentence } : { messageExpression: expression }),
      ...(rule.field === undefined ? {} : { fieldPath: `.${rule.field}` }),
      reason: REASONS[rule.fault ?? 'invalid'],
    };
    return { ...node, 'x-kubernetes-validations': [...(Array.isArray(before) ? before : []), validation] };
  });
};

/** The node at `steps` below `schema`. Throws when there is none. */
const fieldAt = (schema: SchemaNode, [step, ...deeper]: readonly string[]): SchemaNode => {
  if (step === undefined) return schema;
  const { properties } = schema;
  const child = isRecord(properties) ? properties[step] : undefined;
  if (!isRecord(child)) throw new TypeError(`Cannot place a rule at ${step}: there is no such field`);
  return fieldAt(child, deeper);
};

/** A copy of `schema` with the node at `steps` (`metrics[]`, `thresholdRange`) changed. */
const change = (
  schema: SchemaNode,
  [step, ...deeper]: readonly string[],
  by: (node: SchemaNode) => SchemaNode,
): SchemaNode => {
  if (step === undefined) return by(schema);
  const name = step.replace('[]', '');
  const child = fieldAt(schema, [name]);
  const inside = (node: unknown): SchemaNode => change(isRecord(node) ? node : {}, deeper, by);
  const changed = step === name ? inside(child) : { ...child, items: inside(child['items']) };
  return { ...schema, properties: { ...recordAt(schema, 'properties'), [name]: changed } };
};
