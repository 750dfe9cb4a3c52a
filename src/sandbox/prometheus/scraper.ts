import type { Cancel, Clock } from '../../lib/clock.ts';
import { type ExposedSample, type KnownLabels, parseExposition } from './exposition.ts';
import { type Labels, labelKey, METRIC_NAME } from './labels.ts';
import type { SeriesStore } from './series-store.ts';

/** Something that can be scraped. */
export type Target = {
  /** Value of the label `job`. */
  readonly job: string;
  /** Value of the label `instance`; with the job, it names the target. */
  readonly instance: string;
  /** Further labels that every series of the target gets. */
  readonly labels?: Labels;
  /** The text exposition, as it is now; rejects when the target is down. */
  readonly read: () => Promise<string>;
};

type Scraped = {
  readonly target: Target;
  /** Label sets as the target writes them, and with the target's own. */
  readonly known: KnownLabels;
  readonly attached: WeakMap<Labels, Labels>;
  /** Series of the last scrape, by label key: what is missing from the next one goes stale. */
  series: ReadonlyMap<string, Labels>;
  cancel: Cancel;
};

/**
 * Scrapes targets into a store, at once when a target is added and then at a fixed interval, with the rules of
 * Prometheus: `job`, `instance` and `up`; a label that the target sets itself becomes `exported_…`; a series that
 * vanishes from its target, and every series of a target that fails or is removed, is marked stale.
 */
export class Scraper {
  readonly #store: SeriesStore;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #targets = new Map<string, Scraped>();

  constructor(options: { readonly store: SeriesStore; readonly clock: Clock; readonly intervalMs: number }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#intervalMs = options.intervalMs;
  }

  /** Begins to scrape `target`; returns what ends it. Throws when that job has that instance already. */
  add(target: Target): Cancel {
    const key = `${target.job}/${target.instance}`;
    if (this.#targets.has(key)) throw new Error(`Cannot scrape ${key} twice`);
    const scraped: Scraped = {
      target,
      known: new Map(),
      attached: new WeakMap(),
      series: new Map(),
      cancel: () => {},
    };
    this.#targets.set(key, scraped);
    this.#next(scraped, 0);
    return () => {
      if (this.#targets.get(key) !== scraped) return;
      this.#targets.delete(key);
      scraped.cancel();
      const time = this.#clock.now();
      this.#markStale(scraped, { time, present: new Map() });
      this.#store.append(this.#up(target), { time, value: null });
    };
  }

  /** Ends all scraping; the series stay as they are. */
  close(): void {
    for (const scraped of this.#targets.values()) scraped.cancel();
    this.#targets.clear();
  }

  #next(scraped: Scraped, delayMs: number): void {
    scraped.cancel = this.#clock.after(delayMs, () => {
      this.#next(scraped, this.#intervalMs);
      void this.#scrape(scraped, this.#clock.now());
    });
  }

  /** One scrape; its samples carry the time at which it began. */
  async #scrape(scraped: Scraped, time: number): Promise<void> {
    const samples = await this.#read(scraped);
    if (this.#targets.get(`${scraped.target.job}/${scraped.target.instance}`) !== scraped) return;
    const present = new Map<string, Labels>();
    for (const sample of samples ?? []) {
      const labels = scraped.attached.get(sample.labels) ?? this.#attach(scraped.target, sample.labels);
      scraped.attached.set(sample.labels, labels);
      present.set(labelKey(labels), labels);
      this.#store.append(labels, { time, value: sample.value });
    }
    this.#markStale(scraped, { time, present });
    this.#store.append(this.#up(scraped.target), { time, value: samples === undefined ? 0 : 1 });
  }

  /** Undefined when the target does not answer within the interval, or answers what is no exposition. */
  async #read({ target, known }: Scraped): Promise<readonly ExposedSample[] | undefined> {
    let cancel: Cancel = () => {};
    const late = new Promise<undefined>((resolve) => {
      cancel = this.#clock.after(this.#intervalMs, () => resolve(undefined));
    });
    try {
      const text = await Promise.race([target.read(), late]);
      return text === undefined ? undefined : parseExposition(text, known);
    } catch {
      return undefined;
    } finally {
      cancel();
    }
  }

  #markStale(scraped: Scraped, now: { readonly time: number; readonly present: ReadonlyMap<string, Labels> }): void {
    for (const [key, labels] of scraped.series) {
      if (!now.present.has(key)) this.#store.append(labels, { time: now.time, value: null });
    }
    scraped.series = now.present;
  }

  #up(target: Target): Labels {
    return this.#attach(target, { [METRIC_NAME]: 'up' });
  }

  #attach(target: Target, labels: Labels): Labels {
    const own = { ...target.labels, job: target.job, instance: target.instance };
    const exposed = Object.entries(labels).map(([name, value]) => [
      Object.hasOwn(own, name) ? `exported_${name}` : name,
      value,
    ]);
    return { ...Object.fromEntries(exposed), ...own };
  }
}
