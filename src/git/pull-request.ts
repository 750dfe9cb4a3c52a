import { sha256 } from '../lib/hash.ts';
import type { GitOperation, GitResult } from '../rollout/effect.ts';
import { subjectOf } from './commit-message.ts';
import { buildCommit } from './flight.ts';
import { GitError } from './git-error.ts';
import type { Mirror } from './mirror.ts';
import { planChange } from './plan-change.ts';
import type { PullRequest, PullRequestHost } from './pull-request-host.ts';
import type { RepositoryAccess } from './repository-access.ts';

/** `serin/<namespace>/<name>/<12 of the id>`: the same operation always gets the same branch. */
export const pullRequestBranch = ({ id, canary }: GitOperation): string => {
  const short = /^[0-9a-f]{12,}$/.test(id) ? id.slice(0, 12) : sha256(id).slice(0, 12);
  return `${branchPrefix(canary)}${short}`;
};

const branchPrefix = (canary: GitOperation['canary']): string => `serin/${canary.namespace}/${canary.name}/`;

/** A squash may drop trailers; this comment stays with the pull request. */
const bodyMark = ({ id, decidedAt }: GitOperation): string => `<!-- serin-operation: ${id} ${decidedAt} -->`;
const decidedAtOf = (body: string): number | undefined => {
  const text = /<!-- serin-operation: \S+ (\d+) -->/.exec(body)?.[1];
  return text === undefined ? undefined : Number(text);
};

export type PullRequestOptions = {
  readonly host: PullRequestHost;
  /** Why it was not simply committed; for the reader of the pull request. */
  readonly why: string | undefined;
  /** Makes the branch with the commit, or says why there is nothing to do. */
  readonly prepare: (branch: string) => Promise<Prepared>;
  readonly signal?: AbortSignal | undefined;
};
export type Prepared = GitResult | { readonly state: 'Branch'; readonly commit: string };

/** Brings an operation in by a pull request: adopts the one that there is, in whatever state, or opens the only one. */
export const openPullRequest = async (operation: GitOperation, options: PullRequestOptions): Promise<GitResult> => {
  const { host, signal } = options;
  const branches = { head: pullRequestBranch(operation), base: operation.branch };
  const known = newest(await host.find(branches, signal));
  if (known !== undefined) return adopt(operation, { ...options, known });
  const prepared = await options.prepare(branches.head);
  if (prepared.state !== 'Branch') return prepared;
  const request = { ...branches, title: subjectOf(operation), body: bodyOf(operation, options.why) };
  const made = (await host.create(request, signal)) ?? newest(await host.find(branches, signal));
  if (made === undefined) {
    throw new GitError(
      'network',
      `Cannot open a pull request from ${branches.head}: the host says there is one, but shows none`,
    );
  }
  return adopt(operation, { ...options, known: made });
};

const adopt = async (
  operation: GitOperation,
  { host, signal, known }: PullRequestOptions & { readonly known: PullRequest },
): Promise<GitResult> => {
  if (known.state === 'merged') return { state: 'Pushed', commit: known.mergeCommit ?? known.headCommit };
  if (known.state === 'closed') {
    return {
      state: 'Refused',
      reason: 'Declined',
      detail: `${known.url} was closed without merging; merge it or leave it`,
    };
  }
  for (const other of await host.open(operation.branch, signal)) {
    if (!other.head.startsWith(branchPrefix(operation.canary)) || other.number === known.number) continue;
    const decidedAt = decidedAtOf(other.body);
    if (decidedAt !== undefined && decidedAt < operation.decidedAt) await host.close(other.number, signal);
  }
  return { state: 'PullRequest', url: known.url, commit: known.headCommit };
};

/** Open before merged before closed. */
const newest = (found: readonly PullRequest[]): PullRequest | undefined =>
  found.find(({ state }) => state === 'open') ?? found.find(({ state }) => state === 'merged') ?? found[0];

const bodyOf = (operation: GitOperation, why: string | undefined): string => {
  const { run } = operation;
  const lines = [run.sentence, ...(why === undefined ? [] : [`This is a pull request because ${why}.`])];
  const edits = operation.edits.map(({ container, from, to }) => `- \`${container}\`: \`${from}\` → \`${to}\``);
  return [...lines, ...(edits.length === 0 ? [] : [edits.join('\n')]), bodyMark(operation)].join('\n\n');
};

/** Commits an operation on the newest tip and pushes it as a branch of its own; adopts a branch that is there. */
export const pushOwnBranch = async (
  operation: GitOperation,
  options: {
    readonly access: RepositoryAccess;
    readonly mirror: Mirror;
    readonly branch: string;
    readonly signal: AbortSignal;
  },
): Promise<Prepared> => {
  const { access, mirror, branch, signal } = options;
  await mirror.fetch(signal);
  const merged = await mirror.commitOf(operation.id, { decidedAt: operation.decidedAt, signal });
  if (merged !== undefined) return { state: 'Pushed', commit: merged };
  const tree = await mirror.tree();
  const plan = await planChange(operation, { files: tree.files, root: access.root });
  if (plan.state === 'AlreadyApplied') return { state: 'AlreadyApplied', commit: mirror.tip };
  if (plan.state !== 'Change') return plan;
  const commit = await buildCommit([{ operation, access }], { mirror, tree, changes: plan.changes });
  const verdict = await mirror.push(commit, { branch, expected: '', signal });
  if (verdict.state === 'ok') return { state: 'Branch', commit };
  const there = await mirror.remoteTip(branch, signal);
  if (there !== undefined) return { state: 'Branch', commit: there };
  if (verdict.state === 'unknown') throw new GitError('network', `Cannot push ${branch}: ${verdict.words}`);
  return { state: 'Refused', reason: 'PushRefused', detail: `the host refuses branch ${branch}: ${verdict.words}` };
};
