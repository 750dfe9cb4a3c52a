import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ask, type History, storeOf } from '../history.ts';

const buckets = (counts: Readonly<Record<string, number>>): History =>
  Object.fromEntries(Object.entries(counts).map(([le, count]) => [`b{le="${le}"}`, [[0, count]]]));

const quantile = (q: string, counts: Readonly<Record<string, number>>): number => {
  const answer = ask(storeOf(buckets(counts)), `histogram_quantile(${q}, b)`, 1);
  assert.ok(typeof answer === 'object');
  return answer['{}'] ?? Number.NaN;
};

const usual = { '0.1': 50, '0.5': 90, '1': 100, '+Inf': 100 };

it('interpolates inside the bucket that holds the rank', () => {
  // Rank 95: 5 of the 10 between 0.5 and 1.
  assert.equal(quantile('0.95', usual), 0.75);
  // Rank 25: half of the first bucket, which begins at 0.
  assert.equal(quantile('0.25', usual), 0.05);
});

it('gives the highest finite bound when the rank lies in the +Inf bucket', () => {
  assert.equal(quantile('0.99', { '0.1': 50, '1': 60, '+Inf': 100 }), 1);
});

it('gives the bound of a first bucket that is not above zero', () => {
  assert.equal(quantile('0.1', { '-1': 10, '1': 20, '+Inf': 20 }), -1);
});

it('lifts counts that fall', () => {
  assert.equal(quantile('0.5', { '1': 60, '2': 50, '+Inf': 100 }), 50 / 60);
});

it('adds up buckets whose bound is written in two ways', () => {
  assert.equal(quantile('0.5', { '1': 30, '1.0': 30, '2': 60, '+Inf': 60 }), 0.5);
});

it('is NaN without observations, without +Inf, with one bucket', () => {
  assert.ok(Number.isNaN(quantile('0.9', { '1': 0, '+Inf': 0 })));
  assert.ok(Number.isNaN(quantile('0.9', { '1': 5, '2': 5 })));
  assert.ok(Number.isNaN(quantile('0.9', { '+Inf': 5 })));
});

it('is infinite outside 0 to 1', () => {
  assert.equal(quantile('-0.1', usual), Number.NEGATIVE_INFINITY);
  assert.equal(quantile('1.1', usual), Number.POSITIVE_INFINITY);
});

it('gives one result per remaining label set and leaves out what has no bound', () => {
  const store = storeOf({
    'b{le="1",pod="x"}': [[0, 1]],
    'b{le="+Inf",pod="x"}': [[0, 1]],
    'b{pod="y"}': [[0, 1]],
    'b{le="z"}': [[0, 1]],
  });
  assert.deepEqual(ask(store, 'histogram_quantile(0.5, b)', 1), { '{pod="x"}': 0.5 });
});
