import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../api/problem.ts';
import type { Clock } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';
import type { GitOperation, GitResult } from '../rollout/effect.ts';
import { BranchWriter } from './branch-writer.ts';
import { GitError } from './git-error.ts';
import { isBranchName } from './git-path.ts';
import type { GitSettings } from './git-process.ts';
import type { GitTree } from './git-tree.ts';
import { type GitInspection, inspected, inspectFiles, noProvider } from './inspection.ts';
import type { Mirror } from './mirror.ts';
import { refused } from './plan-change.ts';
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

/** Git as the controller knows it; the sandbox has one in memory. */
export type OutcomeWriter = {
  /** Writes one outcome, exactly once. */
  readonly commit: (operation: GitOperation, access: RepositoryAccess, signal?: AbortSignal) => Promise<GitResult>;
  /**
   * What would keep the outcomes of a Canary from being written as the branch stands now, as far as that can be known
   * without pushing; empty when nothing. Rejects with GitError when it can't be told, because the host is away.
   */
  readonly inspect: (
    inspection: GitInspection,
    access: RepositoryAccess,
    signal?: AbortSignal,
  ) => Promise<readonly Problem[]>;
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

  readonly inspect: OutcomeWriter['inspect'] = (inspection, access, signal) =>
    inspected(inspection.repository, async () => {
      const { clock } = this.#options;
      const asked = clock.monotonic();
      const writer = await this.#writer(access, inspection.branch);
      const newest = async (mirror: Mirror, stop: AbortSignal): Promise<GitTree> => {
        // One fetch answers everybody who asked before it began.
        if (mirror.fetchedAt < asked) await mirror.fetch(stop);
        return mirror.tree();
      };
      // Files are read when the mirror is free again: no commit waits for an inspection.
      const { files } = await writer.exclusive(newest, { since: clock.now(), signal });
      return inspectFiles(inspection, { files, root: access.root, reviewed: access.host !== undefined });
    });

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
    const writer = await this.#writer(access, operation.branch);
    let why: string | undefined;
    if (operation.via !== 'pullRequest') {
      const result = await writer.commit({ operation, access }, signal);
      if (result.state !== 'NeedsReview') return result;
      why = result.why;
    }
    const { host } = access;
    if (host === undefined) return refused(noProvider());
    const prepare = (branch: string) =>
      writer.exclusive((mirror, stop) => pushOwnBranch(operation, { access, mirror, branch, signal: stop }), {
        since: operation.decidedAt,
        signal,
      });
    return openPullRequest(operation, { host, why, prepare, signal });
  }

  async #writer(access: RepositoryAccess, branch: string): Promise<BranchWriter> {
    if (this.#closed) throw new GitError('network', 'Cannot use Git: the engine is closed');
    if (!isBranchName(branch)) {
      throw new GitError('config', `Cannot use branch "${branch}": it is no valid branch name`);
    }
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
