import type { Problem } from '../api/problem.ts';
import type { OutcomeWriter } from '../git/engine.ts';
import { type GitInspection, inspected } from '../git/inspection.ts';
import type { RepositoryAccess } from '../git/repository-access.ts';
import { WorkQueue } from '../kube/queue.ts';
import type { Clock } from '../lib/clock.ts';
import { sameJson } from '../lib/json.ts';
import type { Random } from '../lib/random.ts';

/** How long a problem may have been mended in Git before it is noticed. */
const AGAIN_MS = 60_000;
/** Repositories that are looked at side by side. */
const WORKERS = 4;
const BACK_OFF = { baseMs: 1000, maxMs: 60_000 };

/** What is to be inspected for one Canary. */
export type Inspected = {
  readonly inspection: GitInspection;
  /** Changes with the Repository and the content of its Secrets. */
  readonly version: string;
};

type Entry = Inspected & {
  /** False until an inspection of exactly this has ended; `problems` are then those of the one before. */
  known: boolean;
  problems: readonly Problem[];
};

export type GitInspectionsOptions = {
  readonly clock: Clock;
  readonly random: Random;
  /** What opens the Repository `namespace/name`, read now; undefined when it is not there or not valid. */
  readonly access: (repository: string) => Promise<RepositoryAccess | undefined>;
  readonly inspect: OutcomeWriter['inspect'];
  /** Called when the problems of a Canary have changed: it should be looked at again. */
  readonly onKnown: (canary: string) => void;
  readonly onError: (repository: string, error: unknown) => void;
};

/**
 * What is known of the repositories behind Canaries: whether their outcomes could be written. Inspections run in the
 * background, all that wait for one Repository together, each when its inputs change; one that found problems is
 * repeated, so that mending Git is noticed. No Canary waits for Git: what is not known yet is no problem, and neither
 * is a host that is away.
 */
export class GitInspections {
  readonly #options: GitInspectionsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #queue: WorkQueue;
  readonly #stopping = new AbortController();

  constructor(options: GitInspectionsOptions) {
    this.#options = options;
    const { clock, random, onError } = options;
    const work = (repository: string): Promise<void> => this.#inspect(repository);
    this.#queue = new WorkQueue({ clock, random, workers: WORKERS, work, onError, backOff: BACK_OFF });
  }

  start(): void {
    this.#queue.start();
  }

  /** Looks into nothing until `start`, and forgets what it knows; resolves when what ran has ended. */
  async pause(): Promise<void> {
    this.#entries.clear();
    await this.#queue.pause();
  }

  /** Ends what runs. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#queue.stop();
  }

  /** What is known to keep the outcomes of `canary` out of Git. Starts an inspection when `wanted` has changed. */
  problemsOf(canary: string, wanted: Inspected): readonly Problem[] {
    const entry = this.#entries.get(canary);
    if (entry !== undefined && sameWanted(entry, wanted)) return entry.problems;
    // The old problems stand until more is known: a change of the Repository must not let a run slip through.
    const problems = entry?.problems ?? [];
    this.#entries.set(canary, { ...wanted, known: false, problems });
    this.#queue.add(wanted.inspection.repository);
    return problems;
  }

  forget(canary: string): void {
    this.#entries.delete(canary);
  }

  async #inspect(repository: string): Promise<void> {
    const due = [...this.#entries].filter(
      ([, entry]) => entry.inspection.repository === repository && (!entry.known || entry.problems.length > 0),
    );
    if (due.length === 0) return;
    const access = this.#options.access(repository);
    const answers = await Promise.allSettled(due.map(([canary, entry]) => this.#inspectOne(canary, entry, access)));
    if (due.some(([, { problems }]) => problems.length > 0)) this.#queue.addAfter(repository, AGAIN_MS);
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async #inspectOne(canary: string, entry: Entry, access: Promise<RepositoryAccess | undefined>): Promise<void> {
    const { repository } = entry.inspection;
    try {
      const problems = await inspected(repository, async () => {
        const opened = await access;
        return opened === undefined ? [] : this.#options.inspect(entry.inspection, opened, this.#stopping.signal);
      });
      entry.known = true;
      this.#learn(canary, entry, problems);
    } catch (error) {
      // What was found before the inputs changed says nothing any more.
      if (!entry.known) this.#learn(canary, entry, []);
      throw error;
    }
  }

  #learn(canary: string, entry: Entry, problems: readonly Problem[]): void {
    if (sameJson(entry.problems, problems)) return;
    entry.problems = problems;
    if (this.#entries.get(canary) === entry) this.#options.onKnown(canary);
  }
}

const sameWanted = (one: Inspected, other: Inspected): boolean =>
  one.version === other.version && sameJson(one.inspection, other.inspection);
