import { wantedKeys } from './credential.ts';
import { GitError, type GitErrorKind } from './git-error.ts';
import { type GitAnswer, hostWords } from './git-process.ts';
import type { RepositoryUrl } from './repository-url.ts';

type Trouble = { readonly kind: GitErrorKind; readonly words: RegExp; readonly want: (url: RepositoryUrl) => string };

/** What git, ssh and hosts say when trying again does not help. Git is run with LC_ALL=C, so its words are stable. */
const TROUBLES: readonly Trouble[] = [
  {
    kind: 'auth',
    words: /Authentication failed|could not read Username|returned error: 40[13]|Permission denied|access denied/i,
    want: (url) => `want a Secret in spec.secretRef whose ${wantedKeys(url)} may read and push`,
  },
  {
    kind: 'config',
    words: /Host key verification failed/,
    want: () => "want the host's key in the key known_hosts of the Secret",
  },
  { kind: 'config', words: /certificate/i, want: () => 'want its authority in the key ca.crt of the Secret' },
  {
    kind: 'config',
    words: /repository .*not found|does not appear to be a git/i,
    want: () => 'want the url of a repository that this credential may read',
  },
  { kind: 'config', words: /mismatched algorithms/, want: () => 'want a repository with SHA-1 objects' },
];

/** Says which kind of trouble a command with the server ended in, and what would be right where a person must act. */
export const remoteError = ({ stderr }: GitAnswer, url: RepositoryUrl): GitError => {
  const trouble = TROUBLES.find(({ words }) => words.test(stderr));
  const verb = trouble?.kind === 'auth' ? 'log in to' : 'reach';
  const found = `Cannot ${verb} ${url.text}: ${hostWords(stderr) || 'no answer'}`;
  return trouble === undefined
    ? new GitError('network', found)
    : new GitError(trouble.kind, `${found}; ${trouble.want(url)}`);
};
