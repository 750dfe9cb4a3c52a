import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { structural } from '#src/api/crd/structural.ts';
import { jsonSchemaOf } from '#src/api/json-schema.ts';

const of = (schema: z.ZodType, options: { permissive?: boolean; bounded?: boolean } = { bounded: true }): unknown =>
  structural(jsonSchemaOf(z.strictObject({ field: schema })), { path: 'spec', ...options });
const field = (schema: unknown): unknown => ({ type: 'object', properties: { field: schema }, required: ['field'] });

test('keeps what the cluster understands and nothing else', () => {
  assert.deepEqual(of(z.int().describe('How many.')), field({ type: 'integer', description: 'How many.' }));
  assert.deepEqual(of(z.string().max(5).meta({ want: 'x', sensitive: true })), field({ type: 'string', maxLength: 5 }));
  assert.deepEqual(of(z.literal('canary')), field({ type: 'string', enum: ['canary'] }));
  assert.deepEqual(of(z.int().min(1).max(9)), field({ type: 'integer', minimum: 1, maximum: 9 }));
});

test('writes open objects, maps and ports in the way of the cluster', () => {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  assert.deepEqual(of(z.looseObject({})), field(open));
  const map = z.record(z.string(), z.string().max(3)).meta({ maxProperties: 2 });
  const text = { type: 'string', maxLength: 3 };
  assert.deepEqual(of(map), field({ type: 'object', maxProperties: 2, additionalProperties: text }));
  const port = z.union([z.int(), z.string().max(3)]).meta({ 'x-kubernetes-int-or-string': true });
  assert.deepEqual(of(port), field({ 'x-kubernetes-int-or-string': true }));
});

test('fills the default of an object with those of its fields, because rules are asked of it', () => {
  const inner = z.strictObject({ on: z.boolean().default(true), name: z.string().max(3).optional() });
  const { properties } = Object(of(inner.prefault({})));
  assert.deepEqual(properties.field.default, { on: true });
});

const REFUSED: readonly (readonly [string, z.ZodType, RegExp])[] = [
  ['a union', z.union([z.string().max(3), z.boolean()]), /it is a union/],
  ['a discriminated union', z.discriminatedUnion('a', [z.strictObject({ a: z.literal('x') })]), /oneOf|union/],
  ['null', z.int().nullable(), /nullable/],
  ['anything', z.unknown(), /no type/],
  [
    'look-ahead',
    z
      .string()
      .max(3)
      .regex(/^(?!a)/),
    /looks around/,
  ],
  [
    'look-behind',
    z
      .string()
      .max(3)
      .regex(/(?<=a)b/),
    /looks around/,
  ],
  ['a back-reference', z.string().max(3).regex(/(a)\1/), /looks around or back/],
  ['text without end', z.string(), /no maximum length/],
  ['a list without end', z.array(z.boolean()), /list has no maximum/],
  ['a map without end', z.record(z.string(), z.boolean()), /map has no maximum/],
  ['a map with named fields', z.object({ a: z.boolean() }).catchall(z.boolean()), /both named fields and others/],
  ['a tuple', z.tuple([z.boolean()]), /spec\.field/],
];
for (const [what, schema, why] of REFUSED) {
  test(`refuses ${what}, and says where`, () => {
    assert.throws(() => of(schema), { name: 'TypeError', message: why });
    assert.throws(() => of(schema), { message: /^Cannot express spec\.field/ });
  });
}

test('refuses a default that its own schema refuses', () => {
  assert.throws(() => of(z.string().max(3).default('toolong')), /Cannot use the default of .*field/);
  assert.throws(() => of(z.strictObject({ a: z.boolean() }).prefault(JSON.parse('{}'))), /Cannot use the default/);
});

test('a permissive schema keeps every field and refuses no value', () => {
  const condition = z.object({ type: z.string(), status: z.enum(['True', 'False']) });
  const list = z
    .array(condition)
    .default([])
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] });
  const { properties, ...root } = Object(of(list, { permissive: true }));
  assert.deepEqual(root, { type: 'object', 'x-kubernetes-preserve-unknown-fields': true });
  assert.deepEqual(properties.field.items, {
    type: 'object',
    properties: { type: { type: 'string' }, status: { type: 'string' } },
    'x-kubernetes-preserve-unknown-fields': true,
    required: ['type'],
  });
});
