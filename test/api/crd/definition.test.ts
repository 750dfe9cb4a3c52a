import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definitionOf } from '#src/api/crd/definition.ts';
import { KINDS, type Kind } from '#src/api/kinds.ts';
import { rulesAt } from '#src/api/rules/rule.ts';
import { validateSpec } from '#src/api/validate.ts';
import { at, isRecord, listAt, recordAt } from '#src/lib/json.ts';
import { SPECS } from '../example.ts';
import { kindOf } from '../rules/both-forms.ts';

const version = (kind: Kind): unknown => at(definitionOf(kind), 'spec', 'versions', 0);
const specSchema = (kind: Kind): unknown => at(version(kind), 'schema', 'openAPIV3Schema', 'properties', 'spec');

test('a Canary has the names and columns that people look for', () => {
  const names = at(definitionOf(kindOf('Canary')), 'spec', 'names');
  const expected = { kind: 'Canary', listKind: 'CanaryList', plural: 'canaries', singular: 'canary' };
  assert.deepEqual(names, { ...expected, shortNames: ['can'], categories: ['all'] });
  const columns = listAt(version(kindOf('Canary')), 'additionalPrinterColumns');
  const shown = columns.filter((column) => at(column, 'priority') === undefined).map((column) => at(column, 'name'));
  assert.deepEqual(shown, ['Status', 'Weight', 'Step', 'Outcome', 'Age']);
});

test('every kind has a status of its own', () => {
  for (const kind of KINDS) assert.deepEqual(at(version(kind), 'subresources'), { status: {} }, kind.kind);
});

test('a rule stands at its place with its sentence, field and reason', () => {
  const rules = listAt(specSchema(kindOf('Canary')), 'properties', 'analysis', 'x-kubernetes-validations');
  assert.deepEqual(
    rules.find((rule) => at(rule, 'fieldPath') === '.tolerance'),
    {
      rule: '!has(self.tolerance)',
      message: 'tolerance is not supported yet: remove it; it belongs to the evidence judge',
      fieldPath: '.tolerance',
      reason: 'FieldValueForbidden',
    },
  );
  const sentences = listAt(specSchema(kindOf('Canary')), 'x-kubernetes-validations').map((rule) =>
    at(rule, 'messageExpression'),
  );
  const wanted =
    '"provider \\"" + self.provider + "\\" is not supported yet: want gatewayapi, istio, nginx, appmesh or gloo"';
  assert.ok(sentences.includes(wanted));
});

test('a rule that points nowhere, or puts a number into its sentence, is refused', () => {
  const canary = kindOf('Canary');
  const body = { sentence: 'x', cel: 'true', holds: () => true };
  const withRule = (place: string, extra: object) => () =>
    definitionOf({ ...canary, rules: rulesAt(place, [{ ...body, ...extra }]) });
  assert.throws(withRule('spec.analysis.nope', {}), /there is no such field/);
  assert.throws(withRule('spec.analysis', { field: 'nope' }), /there is no such field/);
  assert.throws(
    withRule('spec.analysis', { sentence: '{maxWeight} is too much' }),
    /Cannot put maxWeight into a sentence/,
  );
});

/** What the cluster does with defaults: from the outside in, absent fields only. */
const defaulted = (value: unknown, schema: unknown): unknown => {
  if (Array.isArray(value)) return value.map((item) => defaulted(item, at(schema, 'items')));
  if (!isRecord(value)) return value;
  const filled: Record<string, unknown> = { ...value };
  for (const [name, child] of Object.entries(recordAt(schema, 'properties'))) {
    if (filled[name] === undefined && at(child, 'default') !== undefined) filled[name] = at(child, 'default');
    if (filled[name] !== undefined) filled[name] = defaulted(filled[name], child);
  }
  return filled;
};

test('the defaults of the cluster are those that admit fills in', () => {
  for (const kind of KINDS) {
    const validated = validateSpec(kind, SPECS[kind.kind]);
    assert.ok(validated.ok, kind.kind);
    assert.deepEqual(validated.spec, defaulted(SPECS[kind.kind], specSchema(kind)), kind.kind);
  }
});
