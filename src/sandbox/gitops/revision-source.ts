/** Where a GitOps agent reads: one branch of a repository, on disk or in memory. */
export type RevisionSource = {
  /** The newest commit; undefined while there is none. */
  readonly head: () => Promise<string | undefined>;
  /** The text files below `folder` at `commit`, by path from the top. */
  readonly readFiles: (commit: string, folder: string) => Promise<ReadonlyMap<string, string>>;
};
