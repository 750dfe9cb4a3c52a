import { GitError } from '../git-error.ts';
import type { PullRequestHost } from '../pull-request-host.ts';
import { hostApi } from './host-api.ts';
import type { HostSettings } from './pull-request-host-of.ts';
import { pullRequestOf, pullRequestsOf } from './pull-request-json.ts';

/** Pull requests on GitHub and GitHub Enterprise Server (REST API 2022-11-28). */
export const github = ({ apiUrl, token, owner, repository, clock }: HostSettings): PullRequestHost => {
  const accept = 'application/vnd.github+json';
  const call = hostApi({ apiUrl, authorization: `Bearer ${token}`, token, accept, clock });
  const pulls = `/repos/${owner}/${repository}/pulls`;
  const query = (fields: Readonly<Record<string, string>>): string => `${pulls}?${new URLSearchParams(fields)}`;
  return {
    find: async ({ head, base }, signal) => {
      const path = query({ head: `${owner}:${head}`, base, state: 'all', per_page: '100' });
      return pullRequestsOf((await call({ method: 'GET', path, signal })).body).filter((one) => one.head === head);
    },
    open: async (base, signal) => {
      const path = query({ base, state: 'open', sort: 'created', direction: 'desc', per_page: '100' });
      return pullRequestsOf((await call({ method: 'GET', path, signal })).body);
    },
    create: async (request, signal) => {
      const { status, body } = await call({ method: 'POST', path: pulls, body: request, signal });
      if (status === 201) return pullRequestOf(body);
      if (status === 422 && JSON.stringify(body).includes('already exists')) return undefined;
      throw new GitError(
        'config',
        `Cannot open a pull request from ${request.head}: status ${status} ${wordsOf(body)}`,
      );
    },
    close: async (number, signal) => {
      await call({ method: 'PATCH', path: `${pulls}/${number}`, body: { state: 'closed' }, signal });
    },
  };
};

const wordsOf = (body: unknown): string => JSON.stringify(body ?? '').slice(0, 300);
