import type { Clock } from '../lib/clock.ts';
import { hashOf } from '../lib/hash.ts';
import type { AskPrometheus, Connection } from './prometheus.ts';

/** The spacing of samples is taken twice, so far apart, and the smaller one counts: an outage of Prometheus widens one. */
const APART_MS = 120_000;
/** What is known is asked again after so long, what is not sooner; what nobody has needed for an hour is forgotten. */
const KNOWN_MS = 300_000;
const UNKNOWN_MS = 60_000;
const UNUSED_MS = 3_600_000;

type Kept = { readonly ms: number | undefined; readonly askAgainAt: number };

export type ScrapeQuestion = {
  readonly selector: string;
  /** ms since the epoch. */
  readonly time: number;
  readonly signal: AbortSignal;
  /** Asks nothing about series of which nothing is known yet. */
  readonly ifKnown?: boolean;
};

/**
 * The seconds between two samples of the series, those of the densest one: from the last sample of a minute ago to the
 * last one now, by the samples since. Nothing for series that are younger, or have no sample in the last minute.
 */
export const spacingQuery = (selector: string): string =>
  `min((timestamp(${selector}) - timestamp(${selector} offset 1m)) / count_over_time(${selector}[1m]))`;

/**
 * How often Prometheus scrapes series, as their own samples tell; asked for what gave no data, and then remembered, so
 * that a run that waits for data costs next to nothing. A spacing that cannot be told any more stays what it was.
 */
export class ScrapeIntervals {
  readonly #ask: AskPrometheus;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(options: { readonly ask: AskPrometheus; readonly clock: Clock }) {
    this.#ask = options.ask;
    this.#clock = options.clock;
  }

  /** Whole seconds in ms; undefined when nobody can tell. Never rejects. */
  async of(connection: Connection, question: ScrapeQuestion): Promise<number | undefined> {
    const key = hashOf([connection, question.selector]);
    const kept = this.#kept.get(key);
    const mayAsk = question.ifKnown !== true || kept?.ms !== undefined;
    if (!mayAsk || (kept !== undefined && this.#clock.monotonic() < kept.askAgainAt)) return kept?.ms;
    const found = await this.#spacing(connection, question);
    if (question.signal.aborted) return kept?.ms;
    const now = this.#clock.monotonic();
    for (const [other, { askAgainAt }] of this.#kept) if (askAgainAt + UNUSED_MS < now) this.#kept.delete(other);
    const ms = found ?? kept?.ms;
    this.#kept.set(key, { ms, askAgainAt: now + (found === undefined ? UNKNOWN_MS : KNOWN_MS) });
    return ms;
  }

  async #spacing(connection: Connection, { selector, time, signal }: ScrapeQuestion): Promise<number | undefined> {
    const query = spacingQuery(selector);
    const asked = [time, time - APART_MS].map((at) => this.#ask(connection, { query, time: at }, signal));
    const answers = await Promise.all(asked).catch(() => []);
    const spacings = answers.flatMap(({ samples }) => samples.slice(0, 1)).map(({ value }) => Math.round(value));
    const smallest = Math.min(...spacings);
    return spacings.length === 2 && smallest > 0 ? smallest * 1000 : undefined;
  }
}
