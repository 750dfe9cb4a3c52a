/** A pull request as far as Serin cares. */
export type PullRequest = {
  readonly number: number;
  /** For people. */
  readonly url: string;
  readonly state: 'open' | 'merged' | 'closed';
  /** Branch and commit that it would bring in. */
  readonly head: string;
  readonly headCommit: string;
  readonly base: string;
  readonly body: string;
  /** The commit that merged it, where the host tells. */
  readonly mergeCommit?: string;
};

export type NewPullRequest = {
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
};

/** The service around a repository. Calls reject with GitError: `auth`, `config`, or `network` with `retryAfterMs`. */
export type PullRequestHost = {
  /** Those from branch `head` into branch `base`, in all states. */
  readonly find: (
    branches: { readonly head: string; readonly base: string },
    signal?: AbortSignal,
  ) => Promise<readonly PullRequest[]>;
  /** Open ones into `base`, newest first, at most 100. */
  readonly open: (base: string, signal?: AbortSignal) => Promise<readonly PullRequest[]>;
  /** Undefined when the host says that there is one already. */
  readonly create: (request: NewPullRequest, signal?: AbortSignal) => Promise<PullRequest | undefined>;
  /** Closes without merging. */
  readonly close: (number: number, signal?: AbortSignal) => Promise<void>;
};
