import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';
import type { GitOperation, GitResult } from '../rollout/effect.ts';
import { BranchWriter } from './branch-writer.ts';
import { GitError } from './git-error.ts';
import { isBranchName } from './git-path.ts';
import type { GitSettings } from './git-process.ts';
import { openPullRequest, pushOwnBranch } from './pull-request.ts';
import { type RepositoryAccess, writerKey } from './repository-access.ts';

/** Writers unused for so long give their disk space back. */
const IDLE_MS = 3_600_000;

export type GitEngineOptions = {
  readonly clock: Clock;
  readonly random: Random;
  /** Private, ephemeral storage; the engine makes a folder of its own in it and removes it. */
  readonly folder: string;
  /** Longest wait of a record for others to share its commit, ms; 1000 unless told. Failures never wait. */
  readonly batchMs?: number;
  /** `PATH` for git and ssh. */
  readonly searchPath?: string;
  /** Test option: also allows http:// and file:// repositories. */
  readonly allowInsecure?: boolean;
};

/** What whoever performs a commit needs; the sandbox has one in memory. */
export type OutcomeWriter = {
  readonly commit: (operation: GitOperation, access: RepositoryAccess, signal?: AbortSignal) => Promise<GitResult>;
};

/**
 * Writes outcomes to Git, each exactly once: by its id an operation that is already there is found again, also after a
 * crash at any point. Returns results and never writes a status. It throws GitError for what should be tried again
 * later, and returns `Refused` for what a person must mend.
 *
 * @example
 * const engine = new GitEngine({ clock, random, folder: '/tmp' });
 * const result = await engine.commit(operation, repositoryAccess(spec, secrets), signal);
 */
export class GitEngine implements OutcomeWriter {
  readonly #options: GitEngineOptions;
  readonly #writers = new Map<string, BranchWriter>();
  /** Operations under way: a second call for the same one gets the same answer. */
  readonly #pending = new Map<string, Promise<GitResult>>();
  #home: Promise<{ readonly folder: string; readonly settings: GitSettings }> | undefined;
  #closed = false;

  constructor(options: GitEngineOptions) {
    this.#options = options;
  }

  readonly commit = (operation: GitOperation, access: RepositoryAccess, signal?: AbortSignal): Promise<GitResult> => {
    const pending = this.#pending.get(operation.id);
    if (pending !== undefined) return pending;
    const result = this.#commit(operation, { access, signal }).finally(() => this.#pending.delete(operation.id));
    this.#pending.set(operation.id, result);
    return result;
  };

  /** Ends what runs and removes every mirror. Operations that have not ended reject with GitError. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()));
    this.#writers.clear();
    const home = await this.#home;
    if (home !== undefined) await rm(home.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  async #commit(
    operation: GitOperation,
    { access, signal }: { readonly access: RepositoryAccess; readonly signal: AbortSignal | undefined },
  ): Promise<GitResult> {
    if (!isBranchName(operation.branch)) {
      throw new GitError('config', `Cannot use branch "${operation.branch}": it is no valid branch name`);
    }
    const writer = await this.#writer(access, operation.branch);
    let why: string | undefined;
    if (operation.via !== 'pullRequest') {
      const result = await writer.commit({ operation, access }, signal);
      if (result.state !== 'NeedsReview') return result;
      why = result.why;
    }
    const { host } = access;
    if (host === undefined) {
      const detail = 'pull requests are asked for, but the Repository names no provider, want spec.provider';
      return { state: 'Refused', reason: 'NoProvider', detail };
    }
    const prepare = (branch: string) =>
      writer.exclusive((mirror, stop) => pushOwnBranch(operation, { access, mirror, branch, signal: stop }), {
        since: operation.decidedAt,
        signal,
      });
    return openPullRequest(operation, { host, why, prepare, signal });
  }

  async #writer(access: RepositoryAccess, branch: string): Promise<BranchWriter> {
    if (this.#closed) throw new GitError('network', 'Cannot commit: the engine is closed');
    this.#home ??= this.#makeHome();
    const { folder, settings } = await this.#home;
    const key = writerKey(access, branch);
    const known = this.#writers.get(key);
    if (known !== undefined) return known;
    this.#closeIdle();
    const { random, batchMs = 1000 } = this.#options;
    const writer = new BranchWriter({ settings, random, batchMs, parent: folder, access, branch });
    this.#writers.set(key, writer);
    return writer;
  }

  /** Rotated credentials leave writers behind that nobody asks for any more. */
  #closeIdle(): void {
    const before = this.#options.clock.now() - IDLE_MS;
    for (const [key, writer] of this.#writers) {
      if (writer.usedAt >= before) continue;
      this.#writers.delete(key);
      void writer.close();
    }
  }

  async #makeHome(): Promise<{ readonly folder: string; readonly settings: GitSettings }> {
    const { clock, folder: parent, searchPath, allowInsecure } = this.#options;
    const folder = await mkdtemp(join(parent, 'serin-git-'));
    const home = join(folder, 'home');
    await mkdir(home);
    const settings = {
      clock,
      home,
      searchPath: searchPath ?? '/usr/local/bin:/usr/bin:/bin',
      ...(allowInsecure === undefined ? {} : { allowInsecure }),
    };
    return { folder, settings };
  }
}
