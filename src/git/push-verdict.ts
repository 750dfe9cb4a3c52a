import { redact } from '../lib/redact.ts';
import { type GitAnswer, hostWords } from './git-process.ts';

/** What one push came to, as far as its own output tells; the remote's tip decides the rest. */
export type PushVerdict =
  | { readonly state: 'ok' }
  /** The server has seen the push and said no, in `words`. It may have lost a race, or been refused. */
  | { readonly state: 'rejected'; readonly words: string }
  /** Broken off: the server may have taken it or not. */
  | { readonly state: 'unknown'; readonly words: string };

/**
 * Reads `git push --porcelain` of one ref: `<flag>\t<from>:<to>\t<summary>`. Flag `!` with a summary of the server's
 * own, or an HTTP 401/403, is a no; a connection that broke before the server's report is neither yes nor no.
 */
export const pushVerdict = ({ code, stdout, stderr }: GitAnswer, secrets: readonly string[]): PushVerdict => {
  if (code === 0) return { state: 'ok' };
  const line = stdout
    .toString()
    .split('\n')
    .find((one) => one.startsWith('!\t'));
  const summary = redact(line?.split('\t')[2] ?? '', secrets);
  const words = hostWords(`${stderr.replace(/^error: failed to push some refs.*$/m, '')}\n${summary}`);
  const answered = /^\[(remote )?rejected\]/.test(summary) || /returned error: 40[13]/.test(stderr);
  return { state: answered ? 'rejected' : 'unknown', words };
};
