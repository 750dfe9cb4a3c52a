import { NO_EVIDENCE_WINDOWS } from '../rollout/limits.ts';
import type { MetricCheck } from '../rollout/metric-check.ts';
import { promqlDuration } from './built-in-query.ts';
import type { Connection } from './prometheus.ts';
import { readsOf } from './reads-of.ts';
import type { ScrapeIntervals } from './scrape-intervals.ts';

/** `hopeless`: no run gets on with windows of this length; else only some of them have no data. */
export type TooShort = { readonly why: string; readonly hopeless: boolean };

export type TooShortOptions = {
  readonly connection: Connection;
  readonly window: { readonly from: number; readonly to: number };
  /** What the check looks back over, not more than the window. */
  readonly windowMs: number;
  readonly scrapes: ScrapeIntervals;
  readonly signal: AbortSignal;
  /** Asks nothing about series of which nothing is known yet. */
  readonly ifKnown: boolean;
};

/** Whether the window of a check is too short for how often Prometheus scrapes; undefined when not, or when nobody knows. */
export const tooShort = async (check: MetricCheck, options: TooShortOptions): Promise<TooShort | undefined> => {
  const { connection, window, windowMs, scrapes, signal, ifKnown } = options;
  for (const { selector, samples } of readsOf(check)) {
    const every = await scrapes.of(connection, { selector, time: window.to, signal, ifKnown });
    if (every === undefined || windowMs >= samples * every) continue;
    const wholeMs = window.to - window.from;
    const isOwn = wholeMs >= samples * every;
    const what = isOwn ? `the interval of ${check.name}` : 'analysis.interval';
    const series = /^[\w:]+/.exec(selector)?.[0] ?? 'its series';
    return {
      why:
        `${what} is ${promqlDuration(isOwn ? windowMs : wholeMs)}, but Prometheus scrapes ${series} every ` +
        `${promqlDuration(every)}: want an interval of at least ${promqlDuration(2 * every)} (two scrapes)`,
      // One sample: between two of them lie so many windows that the run goes back. Two never fall into one window.
      hopeless: samples === 2 ? every >= windowMs : every > NO_EVIDENCE_WINDOWS * windowMs,
    };
  }
  return undefined;
};
