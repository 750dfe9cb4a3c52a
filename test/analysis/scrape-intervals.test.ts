import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MetricError } from '#src/analysis/metric-error.ts';
import type { AskPrometheus } from '#src/analysis/prometheus.ts';
import { ScrapeIntervals } from '#src/analysis/scrape-intervals.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { type History, steady, storeOf } from '#test/sandbox/prometheus/history.ts';
import { askSandbox } from './asking.ts';

const here = { address: 'http://prometheus.test:9090' };
const never = new AbortController().signal;

type Given = { readonly selector?: string; readonly seconds?: number };

/** What is told of `c` ten minutes on, in seconds. */
const told = async (history: History, { selector = 'c', seconds = 600 }: Given = {}): Promise<number | undefined> => {
  const scrapes = new ScrapeIntervals({ ask: askSandbox(storeOf(history)), clock: new VirtualClock() });
  const ms = await scrapes.of(here, { selector, time: seconds * 1000 + 1, signal: never });
  return ms === undefined ? undefined : ms / 1000;
};

const scraped = (every: number, from = 3, to = 600) => steady({ from, to, every, by: 5 });

describe('how often series are scraped', () => {
  for (const every of [1, 7, 10, 15, 30, 45, 60]) {
    it(`every ${every} s`, async () => assert.equal(await told({ c: scraped(every) }), every));
  }

  it('is that of the densest series', async () => {
    const history = { 'c{pod="a"}': scraped(60), 'c{pod="b"}': scraped(15), 'c{app="x"}': scraped(5) };
    assert.equal(await told(history, { selector: 'c{app=""}' }), 15);
  });

  it('is in whole seconds, whatever the scrapes waver', async () => {
    const history = { c: scraped(30).map(([at, value], index) => [at + (index % 2) * 0.4, value] as const) };
    assert.equal(await told(history), 30);
  });

  it('is not made longer by an outage of Prometheus, or by scrapes that failed', async () => {
    const away = (from: number, to: number): History => ({
      c: scraped(30).filter(([at]) => at <= from || at >= to),
    });
    for (const [from, to] of [
      [580, 600],
      [500, 550],
      [450, 560],
      [400, 580],
      [300, 480],
      [200, 590],
    ] as const) {
      assert.ok([30, undefined].includes(await told(away(from, to))), `away from ${from} to ${to}`);
    }
  });

  const unknown: readonly (readonly [string, History])[] = [
    ['no series', {}],
    ['one that is young', { c: scraped(30, 500) }],
    ['one that was scraped once', { c: [[590, 1]] }],
    ['one that is gone', { c: [...scraped(30, 0, 540), [570, null]] }],
    ['one that is scraped less than every five minutes', { c: scraped(400, 0) }],
  ];
  for (const [title, history] of unknown) {
    it(`cannot be told of ${title}`, async () => assert.equal(await told(history), undefined));
  }
});

/** Scrape intervals over a Prometheus that says the same at all times, and how many questions it got. */
const rig = (said: { seconds: number | undefined | 'error' }) => {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const ask: AskPrometheus = async (connection, { query }) => {
    asked.push(`${connection.address} ${query}`);
    if (said.seconds === 'error') throw new MetricError('badQuery', 'unknown function timestamp');
    return { samples: said.seconds === undefined ? [] : [{ labels: {}, value: said.seconds }], warnings: [] };
  };
  const scrapes = new ScrapeIntervals({ ask, clock });
  const of = (given: { readonly selector?: string; readonly ifKnown?: boolean; readonly signal?: AbortSignal } = {}) =>
    scrapes.of(here, { selector: 'c', time: clock.now(), signal: never, ...given });
  return { clock, asked, scrapes, of };
};

describe('what is known', () => {
  it('is asked once in five minutes for each address and selector, by two questions', async () => {
    const { clock, asked, scrapes, of } = rig({ seconds: 30 });
    for (let check = 0; check < 29; check++) {
      assert.equal(await of(), 30_000);
      await clock.advance(10_000);
    }
    assert.equal(asked.length, 2);
    await clock.advance(10_000);
    await of();
    assert.equal(asked.length, 4);
    await of({ selector: 'd' });
    await scrapes.of({ address: 'http://other' }, { selector: 'c', time: 0, signal: never });
    assert.equal(asked.length, 8);
  });

  it('is asked once in a minute where nobody can tell, or the question is refused', async () => {
    for (const seconds of [undefined, 'error'] as const) {
      const { clock, asked, of } = rig({ seconds });
      for (let check = 0; check < 6; check++) {
        assert.equal(await of(), undefined);
        await clock.advance(10_000);
      }
      assert.equal(asked.length, 2);
      await of();
      assert.equal(asked.length, 4);
    }
  });

  it('follows what Prometheus does, and stays when that cannot be told any more', async () => {
    const said: { seconds: number | undefined } = { seconds: 60 };
    const { clock, of } = rig(said);
    assert.equal(await of(), 60_000);
    said.seconds = undefined;
    await clock.advance(300_000);
    assert.equal(await of(), 60_000);
    said.seconds = 5;
    await clock.advance(60_000);
    assert.equal(await of(), 5_000);
  });

  it('is all that is used where nothing is to be asked for the first time', async () => {
    const said: { seconds: number } = { seconds: 60 };
    const { clock, asked, of } = rig(said);
    assert.equal(await of({ ifKnown: true }), undefined);
    assert.equal(asked.length, 0);
    await of();
    said.seconds = 5;
    assert.equal(await of({ ifKnown: true }), 60_000);
    await clock.advance(300_000);
    assert.equal(await of({ ifKnown: true }), 5_000);
  });

  it('is not learnt from a question that was given up', async () => {
    const { asked, of } = rig({ seconds: 30 });
    const abort = new AbortController();
    abort.abort();
    assert.equal(await of({ signal: abort.signal }), undefined);
    assert.equal(await of(), 30_000);
    assert.equal(asked.length, 4);
  });
});
