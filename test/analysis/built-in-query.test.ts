import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countQuery, durationQuery, promqlDuration } from '#src/analysis/built-in-query.ts';
import { ask, type History, steady, storeOf } from '#test/sandbox/prometheus/history.ts';

const WINDOW = 60;
const END = 300;
const all = 'r{app="canary"}';
const bad = 'r{app="canary",code=~"5.."}';

const counts = (history: History, windowSeconds = WINDOW): readonly unknown[] =>
  [all, bad].map((selector) => {
    const answer = ask(storeOf(history), countQuery(selector, windowSeconds * 1000), END);
    assert.ok(typeof answer === 'object');
    return answer['{}'];
  });

/** Success rate as it is usually asked, in percent. */
const naive = (history: History): unknown =>
  ask(storeOf(history), '100 * sum(rate(r{app="canary",code!~"5.."}[1m])) / sum(rate(r{app="canary"}[1m]))', END);

const ok = 'r{app="canary",code="200"}';
const failed = 'r{app="canary",code="500"}';

describe('where the usual ratio misleads', () => {
  it('a canary that fails everything: no answer, here 0 of 80 succeed', () => {
    const history = { [failed]: steady({ from: 195, to: 300, every: 15, by: 20 }) };
    assert.deepEqual(naive(history), {});
    assert.deepEqual(counts(history), [80, 80]);
  });

  it('an idle canary: NaN, here no requests', () => {
    const history = { [ok]: steady({ from: 0, to: 300, every: 15, by: 0, start: 7 }) };
    assert.deepEqual(naive(history), { '{}': Number.NaN });
    assert.deepEqual(counts(history), [0, 0]);
  });

  it('errors that come in one burst, in a new series: 100 %, here 40 of 60 fail', () => {
    const history: History = {
      // 20 good ones in the window.
      [ok]: steady({ from: 0, to: 300, every: 15, by: 5 }),
      [failed]: [
        [285, 40],
        [300, 40],
      ],
    };
    const rate = naive(history);
    assert.ok(typeof rate === 'object' && rate !== null && '{}' in rate);
    assert.equal(Math.round(Number(rate['{}'])), 100);
    assert.deepEqual(counts(history), [60, 40]);
  });

  it('no series at all: no answer, here no requests', () => {
    assert.deepEqual(naive({}), {});
    assert.deepEqual(counts({}), [0, 0]);
  });
});

describe('countQuery', () => {
  it('needs one scrape inside the window and one before it', () => {
    const history = { [ok]: steady({ from: 5, to: 300, every: 15, by: 3 }) };
    // Scrapes at …, 275, 290.
    assert.deepEqual(counts(history, 15), [3, 0]);
    assert.deepEqual(counts(history, 11), [3, 0]);
    assert.deepEqual(counts(history, 10), [0, 0]);
  });

  it('counts what came since a reset, also when the counter has passed its old value', () => {
    const restarted = (after: number): History => ({
      [ok]: [
        [225, 90],
        [240, 100],
        [255, 110],
        [270, 4],
        [285, after],
      ],
    });
    assert.deepEqual(counts(restarted(9)), [9, 0]);
    assert.deepEqual(counts(restarted(150)), [150, 0]);
  });

  it('counts the requests of a pod that was gone by the end of the window', () => {
    const history: History = {
      [ok]: [
        [225, 100],
        [240, 110],
        [255, 130],
        [270, null],
      ],
    };
    assert.deepEqual(counts(history), [20, 0]);
  });

  it('does not take a series for new because of one failed scrape', () => {
    const history: History = {
      [ok]: [
        [225, 1000],
        [240, null],
        [255, 1010],
        [270, 1020],
      ],
    };
    assert.deepEqual(counts(history), [20, 0]);
  });

  it('adds up series of several pods', () => {
    const history = {
      'r{app="canary",code="200",pod="a"}': steady({ from: 0, to: 300, every: 15, by: 1 }),
      'r{app="canary",code="503",pod="b"}': steady({ from: 0, to: 300, every: 15, by: 2 }),
      'r{app="other",code="200"}': steady({ from: 0, to: 300, every: 15, by: 50 }),
    };
    assert.deepEqual(counts(history), [12, 8]);
  });
});

describe('durationQuery', () => {
  const bucket = (le: string, by: number, pod = 'a') => ({
    [`b{le="${le}",pod="${pod}"}`]: steady({ from: 0, to: 300, every: 15, by, start: 1000 }),
  });
  const p99 = (history: History): unknown =>
    ask(storeOf(history), durationQuery({ selector: 'b', unit: 's' }, 60_000), END);

  it('takes the 99th percentile of the window over all series', () => {
    // 100 requests a scrape: 90 below 0.1, all below 1; rank 99 of 100 lies at nine tenths of 0.1 … 1.
    const history = {
      ...bucket('0.1', 45),
      ...bucket('1', 50),
      ...bucket('+Inf', 50),
      ...bucket('0.1', 45, 'b'),
      ...bucket('1', 50, 'b'),
      ...bucket('+Inf', 50, 'b'),
    };
    const answer = p99(history);
    assert.ok(typeof answer === 'object' && answer !== null && '{}' in answer);
    assert.ok(Math.abs(Number(answer['{}']) - 0.91) < 1e-9, `${answer['{}']}`);
  });

  it('counts buckets that are born in the window', () => {
    const history: History = { 'b{le="0.5"}': [[285, 10]], 'b{le="+Inf"}': [[285, 10]] };
    assert.deepEqual(p99(history), { '{}': 0.495 });
  });

  it('is NaN without observations and empty without series', () => {
    assert.deepEqual(p99({ ...bucket('1', 0), ...bucket('+Inf', 0) }), { '{}': Number.NaN });
    assert.deepEqual(p99({}), {});
  });
});

it('promqlDuration writes whole seconds, else milliseconds', () => {
  assert.deepEqual([1000, 90_000, 1500, 250.4].map(promqlDuration), ['1s', '90s', '1500ms', '250ms']);
});
