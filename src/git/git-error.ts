/**
 * Why a write to Git could not be finished now. All of these are worth another try later:
 * `network` the host did not answer or broke off; `auth` it does not accept the credential; `race` other writers were
 * faster ten times in a row; `config` the Repository or its Secret cannot be used as it stands; `internal` anything else.
 */
export type GitErrorKind = 'network' | 'auth' | 'race' | 'config' | 'internal';

export class GitError extends Error {
  readonly kind: GitErrorKind;
  /** The host's own wish for when to come back, ms. */
  readonly retryAfterMs?: number;

  constructor(kind: GitErrorKind, message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'GitError';
    this.kind = kind;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }
}
