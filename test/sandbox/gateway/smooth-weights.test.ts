import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SmoothWeights } from '#src/sandbox/gateway/smooth-weights.ts';

const choices = (weights: readonly number[], count: number): readonly number[] => {
  const items = weights.map((weight, index) => ({ weight, index }));
  const smooth = new SmoothWeights(items);
  return Array.from({ length: count }, () => smooth.next()?.index ?? -1);
};

test('heavy items are spread among light ones', () => {
  assert.deepEqual(choices([5, 1, 1], 7), [0, 0, 1, 0, 2, 0, 0]);
  assert.deepEqual(choices([0, 0], 2), [-1, -1]);
});

test('over one round each item gets exactly its weight, and over two rounds the same again', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 5 }), (weights) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const chosen = choices(weights, 2 * total);
      for (const round of [chosen.slice(0, total), chosen.slice(total)]) {
        for (const [index, weight] of weights.entries()) {
          assert.equal(round.filter((choice) => choice === index).length, weight);
        }
      }
    }),
  );
});
