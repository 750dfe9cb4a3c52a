import type { AskPrometheus } from '#src/analysis/prometheus.ts';
import { Prometheus } from '#src/analysis/prometheus.ts';
import { ScrapeIntervals } from '#src/analysis/scrape-intervals.ts';
import type { Clock } from '#src/lib/clock.ts';
import type { MetricCheck } from '#src/rollout/metric-check.ts';
import { prometheusExchange } from '#src/sandbox/prometheus/in-process.ts';
import type { SeriesStore } from '#src/sandbox/prometheus/series-store.ts';

const stopped: Clock = { now: () => 0, monotonic: () => 0, after: () => () => {} };

/** Nobody knows how often anything is scraped. */
export const noScrapes = new ScrapeIntervals({ ask: async () => ({ samples: [], warnings: [] }), clock: stopped });

/** Asks the sandbox's Prometheus through the real adapter, without sockets. */
export const askSandbox = (store: SeriesStore): AskPrometheus =>
  new Prometheus({ exchange: prometheusExchange({ store, clock: stopped }) }).ask;

export const aCheck = (query: MetricCheck['query'], fields: Partial<MetricCheck> = {}): MetricCheck => ({
  name: 'check',
  query,
  address: 'http://prometheus.test:9090',
  intervalMs: 60_000,
  initialDelayMs: 0,
  dryRun: false,
  noData: 'hold',
  samples: 1,
  ...fields,
});
