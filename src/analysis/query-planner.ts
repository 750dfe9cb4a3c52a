import type { Clock } from '../lib/clock.ts';
import { hashOf } from '../lib/hash.ts';
import { MetricError } from './metric-error.ts';
import type { AskPrometheus, Connection, Question } from './prometheus.ts';
import type { Answer } from './prometheus-answer.ts';

type Shared = {
  readonly answer: Promise<Answer>;
  readonly stop: AbortController;
  readonly since: number;
  /** Those who still wait for it; when the last one gives up, the question is taken back. */
  waiting: number;
  settled: boolean;
};

/**
 * Asks each question once: whoever asks the same of the same Prometheus, with the same credentials and for the same
 * time, while it is on its way or has just been answered, shares the answer. So the load on Prometheus grows with
 * distinct questions and not with canaries. Failures are shared while on their way and then forgotten.
 */
export class QueryPlanner {
  readonly #ask: AskPrometheus;
  readonly #clock: Clock;
  readonly #keepMs: number;
  /** In order of `since`. */
  readonly #shared = new Map<string, Shared>();

  constructor(options: { readonly ask: AskPrometheus; readonly clock: Clock; readonly keepMs?: number }) {
    this.#ask = options.ask;
    this.#clock = options.clock;
    this.#keepMs = options.keepMs ?? 2_000;
  }

  readonly ask: AskPrometheus = async (connection, question, signal) => {
    if (signal.aborted) throw givenUp();
    this.#forgetOld();
    const key = hashOf([connection, question]);
    const shared = this.#shared.get(key) ?? this.#start(key, connection, question);
    shared.waiting++;
    let stopWaiting = (): void => {};
    const gaveUp = new Promise<never>((_, reject) => {
      stopWaiting = () => reject(givenUp());
      signal.addEventListener('abort', stopWaiting, { once: true });
    });
    try {
      return await Promise.race([shared.answer, gaveUp]);
    } finally {
      signal.removeEventListener('abort', stopWaiting);
      shared.waiting--;
      if (shared.waiting === 0 && !shared.settled) {
        this.#forget(key, shared);
        shared.stop.abort();
      }
    }
  };

  #start(key: string, connection: Connection, question: Question): Shared {
    const stop = new AbortController();
    const answer = this.#ask(connection, question, stop.signal);
    const shared: Shared = { answer, stop, since: this.#clock.monotonic(), waiting: 0, settled: false };
    this.#shared.set(key, shared);
    answer.then(
      () => {
        shared.settled = true;
      },
      () => {
        shared.settled = true;
        this.#forget(key, shared);
      },
    );
    return shared;
  }

  #forget(key: string, shared: Shared): void {
    if (this.#shared.get(key) === shared) this.#shared.delete(key);
  }

  #forgetOld(): void {
    const oldest = this.#clock.monotonic() - this.#keepMs;
    for (const [key, { since, settled }] of this.#shared) {
      if (since > oldest) return;
      if (settled) this.#shared.delete(key);
    }
  }
}

const givenUp = (): MetricError => new MetricError('aborted', 'The question was given up');
