import { commitMessage } from '../../git/commit-message.ts';
import type { OutcomeWriter } from '../../git/engine.ts';
import { GitError } from '../../git/git-error.ts';
import { inspected, inspectFiles } from '../../git/inspection.ts';
import { planChange } from '../../git/plan-change.ts';
import type { RepositoryAccess } from '../../git/repository-access.ts';
import { hashOf } from '../../lib/hash.ts';
import type { GitOperation, GitResult } from '../../rollout/effect.ts';
import type { RevisionSource } from '../gitops/revision-source.ts';
import { MemoryFiles } from './memory-files.ts';

export type MemoryCommit = {
  readonly sha: string;
  readonly message: string;
  readonly author: string;
  /** The whole tree by path. */
  readonly files: Readonly<Record<string, string>>;
  /** Ids of the operations that it brought in. */
  readonly operations: readonly string[];
};

/**
 * One branch in memory, for tests in virtual time: the engine's own plans and messages on a map of files, without git
 * processes, batches and pull requests. Serves as OutcomeWriter for the controller and as source for the GitOps agent.
 */
export class MemoryGit implements OutcomeWriter, RevisionSource {
  /** Oldest first. */
  readonly commits: MemoryCommit[] = [];
  /** While set, everything rejects as if the host were away. */
  away = false;
  /** While set, the host accepts no credential. */
  locked = false;
  /** While set, the host declines every push with these words. */
  protection: string | undefined;
  /** The next answers are lost: the commit is made, the caller sees an error. */
  lostAnswers = 0;
  readonly #root: string;
  readonly #branch: string;
  readonly #skipCi: boolean;

  constructor(options: { readonly root?: string; readonly branch?: string; readonly skipCi?: boolean } = {}) {
    this.#root = options.root ?? '';
    this.#branch = options.branch ?? 'main';
    this.#skipCi = options.skipCi ?? true;
  }

  get files(): Readonly<Record<string, string>> {
    return this.commits.at(-1)?.files ?? {};
  }

  /** What the developer pushes: new content by path, null removes. Returns the commit's id. */
  push(change: {
    readonly files: Readonly<Record<string, string | null>>;
    readonly message: string;
    readonly author?: string;
  }): string {
    const files: Record<string, string> = { ...this.files };
    for (const [path, content] of Object.entries(change.files)) {
      if (content === null) delete files[path];
      else files[path] = content;
    }
    return this.#add({ files, message: change.message, author: change.author ?? 'developer', operations: [] });
  }

  readonly commit = async (
    operation: GitOperation,
    _access?: RepositoryAccess,
    signal?: AbortSignal,
  ): Promise<GitResult> => {
    this.#reach(operation.branch, signal);
    const known = this.commits.find(({ operations }) => operations.includes(operation.id));
    if (known !== undefined) return { state: 'Pushed', commit: known.sha };
    const plan = await planChange(operation, { files: new MemoryFiles(this.files), root: this.#root });
    if (plan.state === 'AlreadyApplied') return { state: 'AlreadyApplied', commit: this.commits.at(-1)?.sha ?? '' };
    if (plan.state !== 'Change') return plan;
    if (plan.review !== undefined) return { state: 'Refused', reason: plan.review.reason, detail: plan.review.message };
    if (this.protection !== undefined) return { state: 'Refused', reason: 'PushRefused', detail: this.protection };
    const files: Record<string, string> = { ...this.files };
    for (const [path, bytes] of plan.changes) files[path] = bytes.toString();
    const message = commitMessage([operation], { skipCi: this.#skipCi });
    const sha = this.#add({ files, message, author: 'Serin', operations: [operation.id] });
    if (this.lostAnswers > 0) {
      this.lostAnswers--;
      throw new GitError('network', 'Cannot push: the answer was lost');
    }
    return { state: 'Pushed', commit: sha };
  };

  readonly inspect: OutcomeWriter['inspect'] = (inspection, access, signal) =>
    inspected(inspection.repository, async () => {
      this.#reach(inspection.branch, signal);
      const files = new MemoryFiles(this.files);
      return inspectFiles(inspection, { files, root: this.#root, reviewed: access.host !== undefined });
    });

  readonly head = async (): Promise<string | undefined> => this.commits.at(-1)?.sha;

  readonly readFiles = async (sha: string, folder: string): Promise<ReadonlyMap<string, string>> => {
    const commit = this.commits.find((one) => one.sha === sha);
    const below = Object.entries(commit?.files ?? {}).filter(
      ([path]) => folder === '' || path.startsWith(`${folder}/`),
    );
    return new Map(below);
  };

  /** Throws as the engine does where a branch can't be read. */
  #reach(branch: string, signal: AbortSignal | undefined): void {
    if (this.away || signal?.aborted === true) throw new GitError('network', 'Cannot reach the repository: it is away');
    if (this.locked)
      throw new GitError('auth', 'Cannot log in to the repository: want a credential that may read and push');
    if (branch !== this.#branch || this.commits.length === 0) {
      throw new GitError('config', `Cannot find branch ${branch} in the repository: want one with a commit`);
    }
  }

  #add(commit: Omit<MemoryCommit, 'sha'>): string {
    const sha = hashOf([this.commits.at(-1)?.sha ?? '', commit]).slice(0, 40);
    this.commits.push({ sha, ...commit });
    return sha;
  }
}
