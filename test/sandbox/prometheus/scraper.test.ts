import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { Scraper } from '#src/sandbox/prometheus/scraper.ts';
import { SeriesStore } from '#src/sandbox/prometheus/series-store.ts';
import { ask } from './history.ts';

const rig = (intervalMs = 15_000) => {
  const clock = new VirtualClock(0);
  const store = new SeriesStore();
  const scraper = new Scraper({ store, clock, intervalMs });
  const now = (query: string): unknown => ask(store, query, clock.now() / 1000);
  return { clock, store, scraper, now };
};

describe('Scraper', () => {
  it('scrapes at once and then at its interval, with job, instance and up', async () => {
    const { clock, scraper, now } = rig();
    let served = 0;
    scraper.add({
      job: 'gateway',
      instance: 'a:80',
      labels: { zone: 'x' },
      read: async () => `c{code="200"} ${++served}`,
    });
    await clock.advance(0);
    assert.deepEqual(now('c'), { 'c{code="200",instance="a:80",job="gateway",zone="x"}': 1 });
    assert.deepEqual(now('up'), { 'up{instance="a:80",job="gateway",zone="x"}': 1 });
    await clock.advance(45_000);
    assert.equal(served, 4);
    assert.deepEqual(now('count_over_time(c[50s])'), { '{code="200",instance="a:80",job="gateway",zone="x"}': 4 });
  });

  it("moves a target's own label out of the way", async () => {
    const { clock, scraper, now } = rig();
    scraper.add({ job: 'j', instance: 'i', read: async () => 'c{job="own"} 1' });
    await clock.advance(0);
    assert.deepEqual(now('c'), { 'c{exported_job="own",instance="i",job="j"}': 1 });
  });

  it('marks a series stale when it vanishes, and takes it up again', async () => {
    const { clock, scraper, now } = rig();
    let text = 'c{x="1"} 1\nc{x="2"} 1';
    scraper.add({ job: 'j', instance: 'i', read: async () => text });
    await clock.advance(1_000);
    text = 'c{x="2"} 2';
    await clock.advance(15_000);
    assert.deepEqual(now('count(c)'), { '{}': 1 });
    text = 'c{x="1"} 3';
    await clock.advance(15_000);
    assert.deepEqual(now('sum by (x) (c)'), { '{x="1"}': 3 });
  });

  it('marks everything stale when the target fails, and says up 0', async () => {
    const { clock, scraper, now } = rig();
    let text: string | undefined = 'c 1';
    const read = async (): Promise<string> => {
      if (text === undefined) throw new Error('connection refused');
      return text;
    };
    scraper.add({ job: 'j', instance: 'i', read });
    await clock.advance(1_000);
    text = undefined;
    await clock.advance(15_000);
    assert.deepEqual(now('c'), {});
    assert.deepEqual(now('up'), { 'up{instance="i",job="j"}': 0 });
    text = 'no exposition';
    await clock.advance(15_000);
    assert.deepEqual(now('up'), { 'up{instance="i",job="j"}': 0 });
    text = 'c 5';
    await clock.advance(15_000);
    assert.deepEqual(now('c'), { 'c{instance="i",job="j"}': 5 });
  });

  it('counts a target that does not answer within the interval as down', async () => {
    const { clock, scraper, now } = rig();
    scraper.add({ job: 'j', instance: 'i', read: () => new Promise<string>(() => {}) });
    await clock.advance(16_000);
    assert.deepEqual(now('up'), { 'up{instance="i",job="j"}': 0 });
  });

  it('marks a removed target stale, up included, and scrapes it no more', async () => {
    const { clock, scraper, now } = rig();
    let reads = 0;
    const remove = scraper.add({ job: 'j', instance: 'i', read: async () => `c ${++reads}` });
    await clock.advance(16_000);
    remove();
    assert.deepEqual(now('c'), {});
    assert.deepEqual(now('up'), {});
    await clock.advance(60_000);
    assert.equal(reads, 2);
    // The same target may come back.
    scraper.add({ job: 'j', instance: 'i', read: async () => 'c 9' });
    await clock.advance(1_000);
    assert.deepEqual(now('c'), { 'c{instance="i",job="j"}': 9 });
  });

  it('writes nothing of a scrape that ends after its target was removed', async () => {
    const { clock, scraper, now } = rig();
    let answer = (_text: string): void => {};
    const remove = scraper.add({ job: 'j', instance: 'i', read: () => new Promise((resolve) => (answer = resolve)) });
    await clock.advance(100);
    remove();
    answer('c 1');
    await clock.advance(100);
    assert.deepEqual(now('c'), {});
  });

  it('refuses a target twice, and ends with close', async () => {
    const { clock, scraper } = rig();
    let reads = 0;
    const target = { job: 'j', instance: 'i', read: async () => `c ${++reads}` };
    scraper.add(target);
    assert.throws(() => scraper.add(target), /Cannot scrape j\/i twice/);
    await clock.advance(1);
    scraper.close();
    await clock.advance(60_000);
    assert.equal(reads, 1);
  });
});
