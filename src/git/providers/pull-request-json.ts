import { at, numberAt, stringAt } from '../../lib/json.ts';
import { GitError } from '../git-error.ts';
import type { PullRequest } from '../pull-request-host.ts';

/** Reads a pull request as GitHub, and Gitea after it, writes them. */
export const pullRequestOf = (body: unknown): PullRequest => {
  const number = numberAt(body, 'number');
  const url = stringAt(body, 'html_url');
  const head = stringAt(body, 'head', 'ref');
  const base = stringAt(body, 'base', 'ref');
  if (number === undefined || url === undefined || head === undefined || base === undefined) {
    throw new GitError('network', 'Cannot read a pull request: the answer lacks number, html_url, head or base');
  }
  const merged = at(body, 'merged') === true || stringAt(body, 'merged_at') !== undefined;
  const mergeCommit = stringAt(body, 'merge_commit_sha') ?? stringAt(body, 'merged_commit_id');
  return {
    number,
    url,
    state: merged ? 'merged' : stringAt(body, 'state') === 'open' ? 'open' : 'closed',
    head,
    headCommit: stringAt(body, 'head', 'sha') ?? '',
    base,
    body: stringAt(body, 'body') ?? '',
    ...(merged && mergeCommit !== undefined ? { mergeCommit } : {}),
  };
};

/** Reads a list of them. */
export const pullRequestsOf = (body: unknown): readonly PullRequest[] => {
  if (!Array.isArray(body)) throw new GitError('network', 'Cannot read pull requests: the answer is no list');
  return body.map(pullRequestOf);
};
