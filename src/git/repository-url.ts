import { ALWAYS_DENIED, denyList } from '../lib/deny-list.ts';
import { GitError } from './git-error.ts';

/** A repository address that git may be given. */
export type RepositoryUrl = {
  readonly text: string;
  readonly scheme: 'https' | 'ssh' | 'http' | 'file';
  /** Lower case, without port; empty for files. */
  readonly host: string;
  /** `scheme://host[:port]`: what a credential is bound to. */
  readonly origin: string;
  /** Path on the host without leading slash and `.git`, percent-encoded as it stands, e.g. `shop/config`. */
  readonly path: string;
};

const wrong = (text: string, why: string): GitError =>
  new GitError('config', `Cannot use repository url "${text.replace(/\/\/[^/@]*@/, '//***@')}": ${why}`);

const neverReached = denyList({ deny: ALWAYS_DENIED, allow: [] });

/**
 * Git resolves names by itself: what leads to loopback only by a lookup is not seen here. Every way to write an IPv4
 * address is, such as 127.1, which URL spells out for http and not for ssh.
 */
const isInternal = (host: string): boolean => {
  const plain = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : host;
  return /(^|\.)localhost\.?$/.test(plain) || neverReached.denies(plain);
};

/**
 * Checks what stands in `spec.url`: `https://host/path`, `ssh://user@host/path` or `user@host:path`.
 * Throws GitError `config` that says what would be right. `allowInsecure` also takes http, file and loopback.
 */
export const parseRepositoryUrl = (text: string, options: { allowInsecure?: boolean } = {}): RepositoryUrl => {
  const insecure = options.allowInsecure === true;
  if (/[\p{Cc}\s]/u.test(text)) throw wrong(text, 'it contains white space or control characters');
  if (text.startsWith('-')) throw wrong(text, 'it starts with "-"');
  const scp = /^([A-Za-z0-9._-]+)@([A-Za-z0-9.-]+):(?!\/\/)([^:]+)$/.exec(text);
  const full = scp === null ? text : `ssh://${scp[1]}@${scp[2]}/${scp[3]?.replace(/^\//, '')}`;
  if (!URL.canParse(full)) throw wrong(text, 'want https://host/path, ssh://user@host/path or user@host:path');
  const url = new URL(full);
  const scheme = url.protocol.slice(0, -1);
  const allowed = scheme === 'https' || scheme === 'ssh' || (insecure && (scheme === 'http' || scheme === 'file'));
  if (!allowed) throw wrong(text, `scheme ${scheme} is not allowed, want https or ssh`);
  if (url.password !== '' || (scheme !== 'ssh' && url.username !== '')) {
    throw wrong(text, 'it carries a credential, want it in the Secret');
  }
  if (url.search !== '' || url.hash !== '') throw wrong(text, 'it carries a query or fragment');
  if (/^-/.test(url.hostname) || /^-/.test(url.username)) throw wrong(text, 'host or user starts with "-"');
  if (!insecure && isInternal(url.hostname)) throw wrong(text, 'loopback and link-local hosts are not allowed');
  const path = url.pathname.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  if (path === '') throw wrong(text, 'the path of the repository is missing');
  return { text, scheme, host: url.hostname, origin: `${scheme}://${url.host}`, path };
};
