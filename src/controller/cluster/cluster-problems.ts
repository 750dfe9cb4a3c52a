import type { Log } from '../../telemetry/log.ts';
import { type ClusterProblem, wordsOf } from './cluster-problem.ts';

/** What is wrong with the cluster now. Each problem is logged once when it comes and once when it is mended. */
export class ClusterProblems {
  readonly #known = new Map<string, ClusterProblem>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Notes a problem under a key of its own; nothing when it is noted already. */
  found(key: string, problem: ClusterProblem): void {
    const before = this.#known.get(key);
    this.#known.set(key, problem);
    if (before !== undefined && wordsOf(before) === wordsOf(problem)) return;
    const { type, about, message, remedy, blocks } = problem;
    this.#log[blocks ? 'error' : 'warn']({ problem: type, about, detail: message, want: remedy }, 'cluster problem');
  }

  /** True when there was such a problem. */
  mended(key: string): boolean {
    const before = this.#known.get(key);
    if (before === undefined) return false;
    this.#known.delete(key);
    this.#log.info({ problem: before.type, about: before.about }, 'cluster problem mended');
    return true;
  }

  has(key: string): boolean {
    return this.#known.has(key);
  }

  list(): readonly ClusterProblem[] {
    return [...this.#known.values()];
  }
}
