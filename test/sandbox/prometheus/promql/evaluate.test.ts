import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ask, type History, storeOf } from '../history.ts';

const now = 100;
const data: History = {
  'r{code="200",pod="a"}': [[90, 10]],
  'r{code="200",pod="b"}': [[90, 30]],
  'r{code="500",pod="a"}': [[90, 2]],
  'limit{pod="a"}': [[90, 20]],
  'limit{pod="b"}': [[90, 20]],
  'bad{x="1"}': [[90, Number.NaN]],
  'bad{x="2"}': [[90, 4]],
};

const golden = (title: string, cases: readonly (readonly [string, unknown])[], history: History = data): void => {
  describe(title, () => {
    for (const [query, wanted] of cases) it(query, () => assert.deepEqual(ask(storeOf(history), query, now), wanted));
  });
};

golden('selectors', [
  ['r{code="500"}', { 'r{code="500",pod="a"}': 2 }],
  ['r{code!="200"}', { 'r{code="500",pod="a"}': 2 }],
  ['r{code=~"5..",pod=~"a|b"}', { 'r{code="500",pod="a"}': 2 }],
  ['r{code=~"5"}', {}],
  ['r{code!~"2..",pod!=""}', { 'r{code="500",pod="a"}': 2 }],
  ['r{nolabel="",code="500"}', { 'r{code="500",pod="a"}': 2 }],
  ['{__name__=~"lim.*",pod="a"}', { 'limit{pod="a"}': 20 }],
  ['limit{pod="a"} offset 5s', { 'limit{pod="a"}': 20 }],
  ['limit{pod="a"} offset 15s', {}],
]);

golden('aggregations', [
  ['sum(r)', { '{}': 42 }],
  ['sum by (pod) (r)', { '{pod="a"}': 12, '{pod="b"}': 30 }],
  ['sum without (code) (r)', { '{pod="a"}': 12, '{pod="b"}': 30 }],
  ['avg(r{code="200"})', { '{}': 20 }],
  ['min by (code) (r)', { '{code="200"}': 10, '{code="500"}': 2 }],
  ['max(r)', { '{}': 30 }],
  ['count(r)', { '{}': 3 }],
  ['sum(nothing)', {}],
  ['max(bad)', { '{}': 4 }],
  ['min(bad)', { '{}': 4 }],
  ['sum(bad)', { '{}': Number.NaN }],
]);

golden('arithmetic and comparison', [
  ['r{code="500"} * 3 - 1', { '{code="500",pod="a"}': 5 }],
  ['r{code="200"} / on(pod) limit', { '{pod="a"}': 0.5, '{pod="b"}': 1.5 }],
  ['r{code="500"} / ignoring(code) limit', { '{pod="a"}': 0.1 }],
  ['r{code="500"} / limit', {}],
  ['r > 5', { 'r{code="200",pod="a"}': 10, 'r{code="200",pod="b"}': 30 }],
  ['5 < r{pod="b"}', { 'r{code="200",pod="b"}': 30 }],
  ['r{pod="a"} > bool 5', { '{code="200",pod="a"}': 1, '{code="500",pod="a"}': 0 }],
  ['r{code="200"} > on(pod) limit', { '{pod="b"}': 30 }],
  ['bad == bad', { 'bad{x="2"}': 4 }],
  ['bad != bad', { 'bad{x="1"}': Number.NaN }],
  ['1 / 0', Number.POSITIVE_INFINITY],
  ['2 == bool 2', 1],
  ['-10 % 4', -2],
  ['-r{code="500"}', { '{code="500",pod="a"}': -2 }],
]);

golden('set operators', [
  ['r{pod="a"} and on(pod) limit{pod="a"}', { 'r{code="200",pod="a"}': 10, 'r{code="500",pod="a"}': 2 }],
  ['r unless on(pod) limit{pod="a"}', { 'r{code="200",pod="b"}': 30 }],
  ['limit{pod="a"} or limit', { 'limit{pod="a"}': 20, 'limit{pod="b"}': 20 }],
  ['(limit{pod="a"} + 1) or limit', { '{pod="a"}': 21, 'limit{pod="b"}': 20 }],
  ['sum(nothing) or vector(0)', { '{}': 0 }],
  ['sum(r) or vector(0)', { '{}': 42 }],
]);

golden('functions', [
  ['clamp_min(r{pod="a"}, 5)', { '{code="200",pod="a"}': 10, '{code="500",pod="a"}': 5 }],
  ['clamp_max(r{pod="a"}, 5)', { '{code="200",pod="a"}': 5, '{code="500",pod="a"}': 2 }],
  ['abs(r{code="500"} - 3)', { '{code="500",pod="a"}': 1 }],
  ['vector(1) * 2', { '{}': 2 }],
  ['scalar(r{code="500"}) + 1', 3],
  ['scalar(r)', Number.NaN],
  ['absent(r)', {}],
  ['absent(gone{a="1",b=~"2"})', { '{a="1"}': 1 }],
  ['time()', 100],
  ['timestamp(limit)', { '{pod="a"}': 90, '{pod="b"}': 90 }],
  ['timestamp((limit{pod="a"} offset 5s))', { '{pod="a"}': 90 }],
  ['timestamp(-limit{pod="a"})', { '{pod="a"}': 100 }],
]);

describe('look-back', () => {
  it('sees a sample for five minutes, and a stale series not at all', () => {
    const store = storeOf({
      g: [[0, 1]],
      h: [
        [0, 1],
        [10, null],
      ],
      back: [
        [0, 1],
        [10, null],
        [20, 2],
      ],
    });
    assert.deepEqual(ask(store, 'g', 299), { 'g{}': 1 });
    assert.deepEqual(ask(store, 'g', 300), {});
    assert.deepEqual(ask(store, 'h', 9), { 'h{}': 1 });
    assert.deepEqual(ask(store, 'h', 10), {});
    assert.deepEqual(ask(store, 'back', 25), { 'back{}': 2 });
  });
});

describe('data that does not fit', () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['limit + on(pod) r', /duplicate series for the match group .* right hand-side/],
    ['r + on(pod) limit', /duplicate series for the match group .* left hand-side/],
    ['rate({__name__=~"one|two"}[1m])', /cannot contain metrics with the same labelset/],
  ];
  const twins: History = {
    ...data,
    one: [
      [50, 1],
      [60, 2],
    ],
    two: [
      [50, 1],
      [60, 2],
    ],
  };
  for (const [query, wanted] of refused) {
    it(query, () =>
      assert.throws(() => ask(storeOf(twins), query, now), { name: 'PromqlError', kind: 'execution', message: wanted }),
    );
  }
});
