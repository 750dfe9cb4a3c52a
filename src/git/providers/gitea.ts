import { GitError } from '../git-error.ts';
import type { PullRequest, PullRequestHost } from '../pull-request-host.ts';
import { hostApi } from './host-api.ts';
import type { HostSettings } from './pull-request-host-of.ts';
import { pullRequestOf, pullRequestsOf } from './pull-request-json.ts';

/** Gitea gives at most 50 a page by default. */
const PAGE = 50;
/** Pages looked through for one's own branch: newest first, and the one looked for is new. */
const MAX_PAGES = 4;

/** Pull requests on Gitea and Forgejo (API v1), which cannot be asked for by head branch. */
export const gitea = ({ apiUrl, token, owner, repository, clock }: HostSettings): PullRequestHost => {
  const call = hostApi({ apiUrl, authorization: `token ${token}`, token, accept: 'application/json', clock });
  const pulls = `/repos/${owner}/${repository}/pulls`;
  const list = async (state: 'all' | 'open', signal: AbortSignal | undefined): Promise<readonly PullRequest[]> => {
    const found: PullRequest[] = [];
    for (let page = 1; page <= MAX_PAGES; page++) {
      const fields = { state, sort: 'newest', limit: String(PAGE), page: String(page) };
      const answer = await call({ method: 'GET', path: `${pulls}?${new URLSearchParams(fields)}`, signal });
      const some = pullRequestsOf(answer.body);
      found.push(...some);
      if (some.length < PAGE) break;
    }
    return found;
  };
  return {
    find: async ({ head, base }, signal) =>
      (await list('all', signal)).filter((one) => one.head === head && one.base === base),
    open: async (base, signal) => (await list('open', signal)).filter((one) => one.base === base).slice(0, 100),
    create: async (request, signal) => {
      const { status, body } = await call({ method: 'POST', path: pulls, body: request, signal });
      if (status === 201) return pullRequestOf(body);
      if (status === 409) return undefined;
      const words = JSON.stringify(body ?? '').slice(0, 300);
      throw new GitError('config', `Cannot open a pull request from ${request.head}: status ${status} ${words}`);
    },
    close: async (number, signal) => {
      await call({ method: 'PATCH', path: `${pulls}/${number}`, body: { state: 'closed' }, signal });
    },
  };
};
