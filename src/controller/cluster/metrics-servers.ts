import { MetricError } from '../../analysis/metric-error.ts';
import type { AskPrometheus } from '../../analysis/prometheus.ts';
import type { Cancel, Clock } from '../../lib/clock.ts';
import type { ClusterProblems } from './cluster-problems.ts';

/** One question that got no answer is nothing to tell. */
const PATIENCE_MS = 10_000;
/** Nobody asks there any more: it is nobody's problem. */
const FORGET_MS = 300_000;

const keyOf = (about: string): string => `metrics ${about}`;

/** The address without what may be secret. */
const shown = (address: string): string => {
  const url = URL.parse(address);
  return url === null ? 'the address that is no URL' : `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
};

type Silent = { readonly since: number; forget: Cancel };

/** Tells which metrics servers give no answer. What that means for a run, its Canary says. */
export class MetricsServers {
  readonly #problems: ClusterProblems;
  readonly #clock: Clock;
  readonly #silent = new Map<string, Silent>();

  constructor(problems: ClusterProblems, clock: Clock) {
    this.#problems = problems;
    this.#clock = clock;
  }

  /** `ask`, listened to. */
  heard(ask: AskPrometheus): AskPrometheus {
    return async (connection, question, signal) => {
      const about = shown(connection.address);
      try {
        const answer = await ask(connection, question, signal);
        this.#mended(about);
        return answer;
      } catch (error) {
        if (error instanceof MetricError) this.#failed(about, error);
        throw error;
      }
    };
  }

  stop(): void {
    for (const { forget } of this.#silent.values()) forget();
    this.#silent.clear();
  }

  #failed(about: string, { kind, message }: MetricError): void {
    if (kind === 'aborted') return;
    // It answers, though not what was asked for.
    if (kind === 'badQuery' || kind === 'unreadable') {
      this.#mended(about);
      return;
    }
    const now = this.#clock.monotonic();
    const before = this.#silent.get(about);
    before?.forget();
    const forget = this.#clock.after(FORGET_MS, () => this.#mended(about));
    const silent = { since: before?.since ?? now, forget };
    this.#silent.set(about, silent);
    if (now - silent.since < PATIENCE_MS) return;
    this.#problems.found(keyOf(about), {
      type: 'MetricsUnavailable',
      about,
      message,
      remedy:
        'the Prometheus that scrapes the data plane, as --metrics-server of the controller, spec.metricsServer of the Canary or provider.address of the template',
      blocks: false,
    });
  }

  #mended(about: string): void {
    this.#silent.get(about)?.forget();
    this.#silent.delete(about);
    this.#problems.mended(keyOf(about));
  }
}
