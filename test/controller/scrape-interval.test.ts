import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanarySpecInput } from '#src/api/canary.ts';
import { Scraper } from '#src/sandbox/prometheus/scraper.ts';
import type { World } from '#test/harness/a-world.ts';
import { aCanary } from '#test/harness/manifests.ts';
import { ended, type Owner, push, takenOver } from '#test/harness/release.ts';

// Canaries whose windows are shorter than Prometheus needs between two scrapes.

const judgedEvery = (interval: string, metric?: Readonly<Record<string, unknown>>): Partial<CanarySpecInput> => ({
  analysis: {
    interval,
    threshold: 1,
    stepWeights: [10, 50],
    metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 }, ...metric }],
  },
});

/** podinfo has been taken over, has served for a while, and is scraped every so many seconds. */
const scrapedEvery = async (owner: Owner, seconds: number, spec: Partial<CanarySpecInput>): Promise<World> => {
  const world = await takenOver(owner, aCanary(spec), { scrapeIntervalMs: seconds * 1000, rps: 10 });
  await world.clock.advance(300_000);
  return world;
};

const stalled = (world: World): string | undefined => {
  const found = world.canary().conditions.find(({ type, status }) => type === 'Stalled' && status === 'True');
  return found && `${found.reason}: ${found.message}`;
};
const isStalled = (world: World) => (): boolean => stalled(world) !== undefined;
const told = (world: World, reason: string): readonly string[] =>
  world.events().filter((event) => event.startsWith(`${reason}: `));

const WANTED =
  'request-success-rate: no data: analysis.interval is 10s, but Prometheus scrapes traefik_service_requests_total ' +
  'every 60s: want an interval of at least 120s (two scrapes)';

test('a run that no window can judge is held with the interval that would be right, and goes on with it', async (t) => {
  const world = await scrapedEvery(t, 60, judgedEvery('10s'));
  push(world, 'podinfo:6.1.0');
  await world.clock.until(isStalled(world), 60_000);
  assert.equal(stalled(world), `Held: No window can be judged: ${WANTED}`);
  assert.equal(world.canary().canaryWeight, 10);
  // However many scrapes there are: it neither rises, nor swings, nor fails, nor tells anybody again.
  await world.clock.advance(600_000);
  const { run, failedChecks, canaryWeight } = world.canary();
  assert.deepEqual([run?.held, failedChecks, canaryWeight], [`No window can be judged: ${WANTED}`, 0, 10]);
  assert.deepEqual(told(world, 'Held'), [`Held: No window can be judged: ${WANTED}`]);
  assert.deepEqual(told(world, 'WeightChanged').length, 1);
  world.apply(aCanary(judgedEvery('120s')));
  await world.clock.until(ended(world, 1), 600_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted', world.canary().history[0]?.sentence);
  assert.equal(stalled(world), undefined);
});

test('a run that is held so goes on when Prometheus scrapes more often', async (t) => {
  const world = await scrapedEvery(t, 60, judgedEvery('10s'));
  push(world, 'podinfo:6.1.0');
  await world.clock.until(isStalled(world), 60_000);
  world.cluster.scraper.close();
  const more = { job: 'gateway', instance: 'edge', read: async () => world.cluster.gateway.metrics() };
  const scraper = new Scraper({ store: world.cluster.series, clock: world.clock, intervalMs: 5_000 });
  t.after(() => scraper.close());
  scraper.add(more);
  await world.clock.until(ended(world, 1), 600_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted', world.canary().history[0]?.sentence);
});

test('a bad version is taken back by the windows that have a scrape, also when none is enough to go on', async (t) => {
  const world = await scrapedEvery(t, 60, judgedEvery('10s'));
  push(world, 'podinfo:6.9.0-bad');
  await world.clock.until(ended(world, 1), 300_000);
  assert.equal(world.canary().history[0]?.outcome, 'RolledBack');
  assert.match(world.canary().history[0]?.sentence ?? '', /request-success-rate .* is below 99 %/);
});

test('a run that gets on by every third window is told what would be right, and gets on', async (t) => {
  const world = await scrapedEvery(t, 30, judgedEvery('10s'));
  push(world, 'podinfo:6.1.0');
  await world.clock.until(ended(world, 1), 300_000);
  assert.equal(world.canary().history[0]?.outcome, 'Promoted');
  assert.match(
    told(world, 'NoData')[0] ?? '',
    /analysis\.interval is 10s, but Prometheus scrapes traefik_service_requests_total every 30s: want an interval of at least 60s/,
  );
  assert.deepEqual(told(world, 'Held'), []);
});

test('a query of rates below one scrape is held with the same sentence', async (t) => {
  const query = 'sum(rate(traefik_service_requests_total{service=~".*{{ name }}-canary.*"}[{{ interval }}]))';
  const world = await scrapedEvery(t, 15, judgedEvery('10s', { name: 'rate', query, thresholdRange: { max: 99 } }));
  push(world, 'podinfo:6.1.0');
  await world.clock.until(isStalled(world), 400_000);
  assert.equal(
    stalled(world),
    'Held: No window can be judged: rate: no data: analysis.interval is 10s, but Prometheus scrapes ' +
      'traefik_service_requests_total every 15s: want an interval of at least 30s (two scrapes)',
  );
});
