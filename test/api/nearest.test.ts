import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '#src/api/nearest.ts';

const known = ['stepWeight', 'stepWeights', 'maxWeight', 'metrics', 'port'];

test('finds the word that was meant', () => {
  assert.equal(nearest('stepWeigth', known), 'stepWeight');
  assert.equal(nearest('stepweights', known), 'stepWeights');
  assert.equal(nearest('max_weight', known), 'maxWeight');
  assert.equal(nearest('metric', known), 'metrics');
});

test('finds nothing where nothing is near', () => {
  assert.equal(nearest('replicas', known), undefined);
  assert.equal(nearest('x', known), undefined);
  assert.equal(nearest('', []), undefined);
});
