import type { Cancel, Clock } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';
import { type FlightResult, fly, type Passenger } from './flight.ts';
import { GitError } from './git-error.ts';
import type { GitSettings } from './git-process.ts';
import { Mirror } from './mirror.ts';
import type { RepositoryAccess } from './repository-access.ts';

/** Fetches and commits after which a mirror is made anew, to bound its size. */
const MIRROR_USES = 500;
const HOUR_MS = 3_600_000;

type Job = Passenger & {
  readonly signal: AbortSignal | undefined;
  readonly resolve: (result: FlightResult) => void;
  readonly reject: (error: unknown) => void;
};

export type BranchWriterOptions = {
  readonly settings: GitSettings;
  readonly random: Random;
  /** Longest wait of a record for company in its commit. */
  readonly batchMs: number;
  /** Private folder for the mirror. */
  readonly parent: string;
  readonly access: RepositoryAccess;
  readonly branch: string;
};

/** The only writer of one branch with one credential: gathers operations, then does one thing after the other. */
export class BranchWriter {
  /** When it was last asked for something, ms. */
  usedAt: number;
  readonly #options: BranchWriterOptions;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #mirror: Mirror | undefined;
  #queue: Job[] = [];
  #tail: Promise<unknown> = Promise.resolve();
  #cancelFlush: Cancel | undefined;
  #reverts: number[] = [];

  constructor(options: BranchWriterOptions) {
    this.#options = options;
    this.#clock = options.settings.clock;
    this.usedAt = this.#clock.now();
  }

  /** Puts an operation into the next commit: a failure goes at once, with all that waits; a record waits a little. */
  commit(passenger: Passenger, signal?: AbortSignal): Promise<FlightResult> {
    this.usedAt = this.#clock.now();
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...passenger, signal, resolve, reject });
      if (isUrgent(passenger)) this.#flush();
      else this.#cancelFlush ??= this.#clock.after(this.#options.batchMs, () => this.#flush());
    });
  }

  /** Runs `task` with the mirror while nothing else uses it. `since`: oldest decision it must know of, ms. */
  exclusive<T>(
    task: (mirror: Mirror, signal: AbortSignal) => Promise<T>,
    options: { readonly since: number; readonly signal?: AbortSignal | undefined },
  ): Promise<T> {
    this.usedAt = this.#clock.now();
    const stop =
      options.signal === undefined ? this.#closing.signal : AbortSignal.any([this.#closing.signal, options.signal]);
    const run = this.#tail.then(async () => {
      const mirror = await this.#open({ since: options.since, signal: stop });
      try {
        return await task(mirror, stop);
      } catch (error) {
        // Whatever is wrong with the mirror, a new one is cheap and sound.
        if (!(error instanceof GitError) || error.kind === 'internal') await this.#drop();
        throw error;
      }
    });
    this.#tail = run.catch(() => {});
    return run;
  }

  /** Ends what runs and removes the mirror. */
  async close(): Promise<void> {
    this.#cancelFlush?.();
    this.#closing.abort();
    for (const job of this.#queue.splice(0))
      job.reject(new GitError('network', 'Cannot commit: the engine is closing'));
    await this.#tail;
    await this.#drop();
  }

  #flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    // The queue is emptied when its turn comes, so that whatever arrives meanwhile travels along.
    this.#tail = this.#tail.then(() => this.#fly());
  }

  async #fly(): Promise<void> {
    const jobs = this.#queue.splice(0).filter((job) => !dropAborted(job));
    if (jobs.length === 0) return;
    const abandoned = allAborted(jobs.map((job) => job.signal));
    const { branch, random } = this.#options;
    const since = Math.min(...jobs.map((job) => job.operation.decidedAt));
    try {
      const signal = AbortSignal.any([this.#closing.signal, abandoned.signal]);
      const mirror = await this.#open({ since, signal });
      const recentReverts = this.#recentReverts();
      const results = await fly(jobs, { mirror, branch, clock: this.#clock, random, recentReverts, signal });
      jobs.forEach((job, index) => {
        const result = results[index];
        if (result?.state === 'Pushed' && job.operation.kind === 'revert') this.#reverts.push(this.#clock.now());
        if (result !== undefined) job.resolve(result);
      });
    } catch (error) {
      if (!(error instanceof GitError) || error.kind === 'internal') await this.#drop();
      for (const job of jobs) job.reject(error);
    } finally {
      abandoned.release();
    }
  }

  #recentReverts(): number {
    const from = this.#clock.now() - HOUR_MS;
    this.#reverts = this.#reverts.filter((at) => at > from);
    return this.#reverts.length;
  }

  async #open(options: { readonly since: number; readonly signal: AbortSignal }): Promise<Mirror> {
    if ((this.#mirror?.uses ?? 0) > MIRROR_USES) await this.#drop();
    const { settings, parent, access, branch } = this.#options;
    this.#mirror ??= await Mirror.open({ settings, parent, access, branch }, options);
    return this.#mirror;
  }

  async #drop(): Promise<void> {
    const mirror = this.#mirror;
    this.#mirror = undefined;
    await mirror?.close();
  }
}

const isUrgent = ({ operation }: Passenger): boolean =>
  operation.kind === 'revert' || operation.run.outcome === 'RolledBack' || operation.run.outcome === 'Aborted';

const dropAborted = (job: Job): boolean => {
  if (job.signal?.aborted !== true) return false;
  job.reject(new GitError('network', 'Cannot commit: aborted'));
  return true;
};

/** A signal that is aborted as soon as every one of these is; never when one of them is missing. */
const allAborted = (
  signals: readonly (AbortSignal | undefined)[],
): { readonly signal: AbortSignal; readonly release: () => void } => {
  const all = new AbortController();
  const check = (): void => {
    if (signals.every((signal) => signal?.aborted === true)) all.abort();
  };
  for (const signal of signals) signal?.addEventListener('abort', check);
  const release = (): void => {
    for (const signal of signals) signal?.removeEventListener('abort', check);
  };
  return { signal: all.signal, release };
};
