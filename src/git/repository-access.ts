import type { RepositorySpec } from '../api/repository.ts';
import { hashOf } from '../lib/hash.ts';
import { checkTemplate } from './commit-message.ts';
import { type Credential, credentialOf, type SecretData, secretsOf } from './credential.ts';
import { GitError } from './git-error.ts';
import { isBranchName, joinPath } from './git-path.ts';
import type { Author } from './objects.ts';
import { parseOpensshKey, type SigningKey } from './openssh-key.ts';
import type { PullRequestHost } from './pull-request-host.ts';
import { Refusal } from './refusal.ts';
import { parseRepositoryUrl, type RepositoryUrl } from './repository-url.ts';

/** Everything needed to write to one repository: a checked Repository with the content of its Secrets. */
export type RepositoryAccess = {
  readonly url: RepositoryUrl;
  readonly branch: string;
  /** Serin touches nothing outside it; '' is the whole repository. */
  readonly root: string;
  readonly credential: Credential;
  readonly caCertificate?: string | undefined;
  readonly proxy?: string | undefined;
  readonly author: Author;
  readonly signingKey?: SigningKey | undefined;
  /** Where refused pushes become pull requests. */
  readonly host?: PullRequestHost | undefined;
  readonly skipCi: boolean;
  readonly template?: string | undefined;
  readonly maxRevertsPerHour: number;
};

/** The fields of a Repository's spec that matter here; its schema has filled in the defaults. */
export type RepositoryInput = Pick<
  RepositorySpec,
  'url' | 'branch' | 'root' | 'author' | 'commit' | 'maxRevertsPerHour'
>;

export type RepositorySecrets = {
  /** `spec.secretRef`. */
  readonly transport?: SecretData | undefined;
  /** `spec.signingKeyRef`. */
  readonly signing?: SecretData | undefined;
};

/**
 * Checks a Repository and its Secrets, once, at the border. Throws GitError `config` with words for its condition;
 * they never contain a part of a secret.
 */
export const repositoryAccess = (
  spec: RepositoryInput,
  secrets: RepositorySecrets,
  options: { readonly host?: PullRequestHost | undefined; readonly allowInsecure?: boolean } = {},
): RepositoryAccess => {
  const url = parseRepositoryUrl(spec.url, options);
  const { branch } = spec;
  if (!isBranchName(branch)) throw new GitError('config', `Cannot use branch "${branch}": it is no valid branch name`);
  const signing = secrets.signing;
  const identity = signing?.['identity'];
  if (signing !== undefined && identity === undefined) {
    throw new GitError('config', 'Cannot sign commits: the Secret of signingKeyRef lacks the key identity');
  }
  checkTemplate(spec.commit.template);
  const proxy = secrets.transport?.['proxy']?.trim();
  if (proxy !== undefined && !URL.canParse(proxy)) {
    throw new GitError('config', "Cannot use the key proxy of the Repository's Secret: want an address with scheme");
  }
  return {
    url,
    branch,
    root: rootOf(spec.root),
    credential: credentialOf(url, secrets.transport),
    caCertificate: secrets.transport?.['ca.crt'],
    proxy,
    author: spec.author,
    signingKey: identity === undefined ? undefined : parseOpensshKey(identity),
    host: options.host,
    skipCi: spec.commit.skipCI,
    template: spec.commit.template,
    maxRevertsPerHour: spec.maxRevertsPerHour,
  };
};

const rootOf = (root: string): string => {
  try {
    return joinPath(root.replace(/^\/+/, ''));
  } catch (error) {
    if (error instanceof Refusal) throw new GitError('config', `Cannot use root "${root}": ${error.message}`);
    throw error;
  }
};

/** Equal for accesses that may share a mirror, a writer and a commit. */
export const writerKey = (access: RepositoryAccess, branch: string): string => {
  const { url, credential, caCertificate, proxy, author, signingKey, skipCi, template } = access;
  const signer = signingKey?.publicKey.toString('hex');
  return hashOf([url.text, branch, credential, caCertificate, proxy, author, signer, skipCi, template]);
};

/** The texts of this access that must never come out again. */
export const accessSecrets = (access: RepositoryAccess): readonly string[] => [
  ...secretsOf(access.credential),
  ...(access.proxy === undefined ? [] : [access.proxy, new URL(access.proxy).password]),
];
