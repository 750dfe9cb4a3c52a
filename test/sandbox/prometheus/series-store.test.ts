import assert from 'node:assert/strict';
import { it } from 'node:test';
import { matcher } from '#src/sandbox/prometheus/matcher.ts';
import { newestIn, SeriesStore, valuesIn } from '#src/sandbox/prometheus/series-store.ts';

const named = (name: string) => [matcher('__name__', '=', { value: name })];

it('takes labels in any order as one series', () => {
  const store = new SeriesStore();
  store.append({ __name__: 'c', a: '1', b: '2' }, { time: 1, value: 1 });
  store.append({ b: '2', a: '1', __name__: 'c' }, { time: 2, value: 2 });
  assert.deepEqual(
    store.select(named('c')).map((series) => series.samples.length),
    [2],
  );
});

it('drops a sample that is not newer than the last', () => {
  const store = new SeriesStore();
  assert.equal(store.append({ __name__: 'c' }, { time: 5, value: 1 }), true);
  assert.equal(store.append({ __name__: 'c' }, { time: 5, value: 2 }), false);
  assert.equal(store.append({ __name__: 'c' }, { time: 4, value: 3 }), false);
  assert.deepEqual(store.select(named('c'))[0]?.samples, [{ time: 5, value: 1 }]);
});

it('forgets samples beyond the retention', () => {
  const store = new SeriesStore({ retentionMs: 100 });
  for (let time = 0; time < 1000; time++) store.append({ __name__: 'c' }, { time, value: time });
  const samples = store.select(named('c'))[0]?.samples ?? [];
  assert.ok(samples.length < 500, `${samples.length} samples are kept`);
  assert.equal(samples.at(-1)?.time, 999);
  assert.ok(samples.some(({ time }) => time === 899));
});

it('finds the newest sample of a half-open range', () => {
  const samples = [
    { time: 10, value: 1 },
    { time: 20, value: null },
    { time: 30, value: 3 },
  ];
  assert.equal(newestIn(samples, { after: 0, until: 9 }), undefined);
  assert.equal(newestIn(samples, { after: 0, until: 10 })?.value, 1);
  assert.equal(newestIn(samples, { after: 10, until: 19 }), undefined);
  assert.equal(newestIn(samples, { after: 10, until: 29 })?.value, null);
  assert.deepEqual(valuesIn(samples, { after: 10, until: 30 }), [{ time: 30, value: 3 }]);
  assert.deepEqual(valuesIn(samples, { after: 9, until: 30 }).length, 2);
});
