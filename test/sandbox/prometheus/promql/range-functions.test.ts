import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ask, type History, steady, storeOf } from '../history.ts';

/** Each value is computed by hand from the algorithm that Prometheus 3 documents for rate() and increase(). */
const at = (history: History, query: string, seconds: number): unknown => {
  const answer = ask(storeOf(history), query, seconds);
  assert.ok(typeof answer === 'object');
  // Nine digits: the order of multiplications is not part of the algorithm.
  return Object.fromEntries(Object.entries(answer).map(([series, value]) => [series, Number(value.toFixed(9))]));
};

describe('extrapolation', () => {
  // Scrapes at 10, 20, … 60; the range (0, 60] is covered but for 10 s at its start.
  const counter = { c: steady({ from: 10, to: 60, every: 10, by: 5, start: 100 }) };

  it('stretches to the edge of the range when a sample is near enough', () => {
    // 25 in 50 s; 10 s to the start are below 1.1 × 10 s, so the whole 60 s count: 25 × 60 / 50.
    assert.deepEqual(at(counter, 'increase(c[60s])', 60), { '{}': 30 });
    assert.deepEqual(at(counter, 'rate(c[60s])', 60), { '{}': 0.5 });
  });

  it('adds half of the average distance when the edge is further away', () => {
    // 100 s range: 50 s to the start, more than 11 s, so 5 s are added: 25 × 55 / 50.
    assert.deepEqual(at(counter, 'increase(c[100s])', 60), { '{}': 27.5 });
    // Asked at 99: 11 s to the start, which is no longer near, and 39 s to the end.
    assert.deepEqual(at(counter, 'increase(c[100s])', 99), { '{}': (25 * (50 + 5 + 5)) / 50 });
  });

  it('never stretches a counter below zero', () => {
    const young = { c: steady({ from: 10, to: 60, every: 10, by: 5, start: 1 }) };
    // It goes up 25 in 50 s from 1: it was zero 2 s before its first sample.
    assert.deepEqual(at(young, 'increase(c[60s])', 60), { '{}': (25 * 52) / 50 });
    assert.deepEqual(at(young, 'delta(c[60s])', 60), { '{}': 30 });
  });

  it('limits the zero point by half of the distance, unlike Prometheus 2', () => {
    const late = { c: steady({ from: 50, to: 100, every: 10, by: 5, start: 4 }) };
    // The zero point lies 8 s before the first sample, but the range begins 49 s before it: 5 s are added, not 8.
    assert.deepEqual(at(late, 'increase(c[99s])', 100), { '{}': (25 * 55) / 50 });
  });

  it('counts the new value after a reset', () => {
    const restarted: History = {
      c: [
        [10, 100],
        [20, 110],
        [30, 4],
        [40, 9],
      ],
    };
    // 10 + 4 + 5 = 19 in 30 s, 10 s to the start.
    assert.deepEqual(at(restarted, 'increase(c[40s])', 40), { '{}': Number(((19 * 40) / 30).toFixed(9)) });
    assert.deepEqual(at(restarted, 'resets(c[40s])', 40), { '{}': 1 });
    assert.deepEqual(at(restarted, 'changes(c[40s])', 40), { '{}': 3 });
  });

  it('gives nothing for a single sample', () => {
    assert.deepEqual(at({ c: [[10, 40]] }, 'increase(c[60s])', 20), {});
  });

  it('excludes the start of the range, as Prometheus 3 does', () => {
    assert.deepEqual(at(counter, 'count_over_time(c[50s])', 60), { '{}': 5 });
    assert.deepEqual(at(counter, 'count_over_time(c[51s])', 60), { '{}': 6 });
  });
});

describe('functions over a range', () => {
  const gauge: History = {
    'g{x="1"}': [
      [10, 3],
      [20, Number.NaN],
      [30, -2],
      [40, 5],
    ],
  };
  const cases: readonly (readonly [string, number])[] = [
    ['min_over_time(g[1m])', -2],
    ['max_over_time(g[1m])', 5],
    ['sum_over_time(g[15s])', 3],
    ['avg_over_time(g[15s])', 1.5],
    ['count_over_time(g[1m])', 4],
    ['idelta(g[1m])', 7],
    ['irate(g[1m])', 0.7],
  ];
  for (const [query, wanted] of cases) {
    it(query, () => assert.deepEqual(at(gauge, query, 40), { '{x="1"}': wanted }));
  }

  it('last_over_time keeps the name of the metric', () => {
    assert.deepEqual(at(gauge, 'last_over_time(g[1m])', 45), { 'g{x="1"}': 5 });
  });

  it('irate takes the new value after a reset', () => {
    assert.deepEqual(
      at(
        {
          c: [
            [10, 50],
            [20, 5],
          ],
        },
        'irate(c[1m])',
        30,
      ),
      { '{}': 0.5 },
    );
  });

  it('looks past a staleness marker, which an instant selector does not', () => {
    const gone: History = {
      c: [
        [10, 7],
        [20, null],
      ],
    };
    assert.deepEqual(at(gone, 'c', 21), {});
    assert.deepEqual(at(gone, 'last_over_time(c[1m])', 21), { 'c{}': 7 });
  });
});
