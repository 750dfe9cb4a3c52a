import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingFields } from '#src/api/crd/missing-fields.ts';

const text = { type: 'string' };
const wanted = {
  properties: {
    name: text,
    steps: { type: 'array', items: { properties: { weight: text, pause: text } } },
    labels: { additionalProperties: { properties: { value: text } } },
    git: { properties: { path: text } },
  },
};

test('a schema that has everything lacks nothing, whatever else it has', () => {
  const served = { properties: { ...wanted.properties, newer: text } };
  assert.deepEqual(missingFields(wanted, served, 'spec'), []);
});

test('names fields that are dropped, in lists and maps too, and the highest where a whole branch is', () => {
  const served = {
    properties: {
      name: text,
      steps: { items: { properties: { weight: text } } },
      labels: { additionalProperties: { properties: {} } },
    },
  };
  assert.deepEqual(missingFields(wanted, served, 'spec'), ['spec.steps[].pause', 'spec.labels.*.value', 'spec.git']);
});

test('an object that keeps unknown fields drops none', () => {
  const served = { properties: {}, 'x-kubernetes-preserve-unknown-fields': true };
  assert.deepEqual(missingFields(wanted, served, 'status'), []);
});

test('a part that is not described at all is missing whole', () => {
  assert.deepEqual(missingFields(wanted, undefined, 'status'), ['status']);
});
