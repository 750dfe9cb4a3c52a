import type { Clock } from '../../lib/clock.ts';
import { GitError } from '../git-error.ts';
import type { PullRequestHost } from '../pull-request-host.ts';
import { parseRepositoryUrl } from '../repository-url.ts';
import { gitea } from './gitea.ts';
import { github } from './github.ts';

/** What a host's adapter is made from. */
export type HostSettings = {
  /** Without slash at its end. */
  readonly apiUrl: string;
  readonly token: string;
  /** Percent-encoded, as in the repository's address. */
  readonly owner: string;
  readonly repository: string;
  readonly clock: Clock;
};

export type ProviderInput = {
  readonly type: 'github' | 'gitlab' | 'gitea' | 'generic';
  readonly apiUrl?: string | undefined;
};

/**
 * The host that a Repository's `spec.provider` names; undefined for `generic`, which has no pull requests.
 * `token` stands in the provider's Secret under `token`. Throws GitError `config`.
 */
export const pullRequestHostOf = (
  provider: ProviderInput,
  options: {
    readonly url: string;
    readonly token: string | undefined;
    readonly clock: Clock;
    readonly allowInsecure?: boolean;
  },
): PullRequestHost | undefined => {
  if (provider.type === 'generic') return undefined;
  if (provider.type === 'gitlab') throw new GitError('config', 'Cannot use provider gitlab: not supported yet');
  const url = parseRepositoryUrl(options.url, options);
  const token = options.token?.trim();
  if (!token) throw new GitError('config', `Cannot use provider ${provider.type}: its Secret lacks the key token`);
  const [owner, repository, ...rest] = url.path.split('/').slice(-2);
  if (owner === undefined || repository === undefined || rest.length > 0) {
    throw new GitError('config', `Cannot use provider ${provider.type}: want a url that ends in owner/repository`);
  }
  const apiUrl = apiUrlOf(provider, url.host, options.allowInsecure === true);
  const settings = {
    apiUrl,
    token,
    owner,
    repository,
    clock: options.clock,
  };
  return provider.type === 'github' ? github(settings) : gitea(settings);
};

const apiUrlOf = (provider: ProviderInput, host: string, allowInsecure: boolean): string => {
  const standard =
    provider.type === 'gitea'
      ? `https://${host}/api/v1`
      : host === 'github.com'
        ? 'https://api.github.com'
        : `https://${host}/api/v3`;
  const text = (provider.apiUrl ?? standard).replace(/\/+$/, '');
  const scheme = URL.canParse(text) ? new URL(text).protocol : '';
  if (scheme === 'https:' || (allowInsecure && scheme === 'http:')) return text;
  throw new GitError('config', `Cannot use provider address "${text}": want https://…`);
};
