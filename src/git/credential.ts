import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GitError } from './git-error.ts';
import type { RepositoryUrl } from './repository-url.ts';

/** What opens a repository; `none` for one that anybody may write (tests) or only read. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'ssh'; readonly identity: string; readonly knownHosts: string };

/** The content of a Secret, decoded. */
export type SecretData = Readonly<Record<string, string>>;

/**
 * The credential in a Secret: `username` + `password`, `bearerToken`, or `identity` + `known_hosts`.
 * Throws GitError `config` when it does not fit the address.
 */
export const credentialOf = (url: RepositoryUrl, secret: SecretData | undefined): Credential => {
  const wrong = (): GitError =>
    new GitError(
      'config',
      `Cannot use the Repository's Secret for ${url.scheme}: want the ${wantedKeys(url)}, not empty`,
    );
  if (url.scheme === 'ssh') {
    const identity = secret?.['identity'];
    const knownHosts = secret?.['known_hosts'];
    if (!identity || !knownHosts?.trim()) throw wrong();
    return { kind: 'ssh', identity, knownHosts };
  }
  const token = secret?.['bearerToken']?.trim();
  if (token) return { kind: 'token', token };
  const password = secret?.['password']?.trim();
  if (password) return { kind: 'password', username: secret?.['username']?.trim() || 'git', password };
  if (secret !== undefined) throw wrong();
  return { kind: 'none' };
};

/** The keys of a Secret that open a repository. */
export const wantedKeys = ({ scheme }: RepositoryUrl): string =>
  scheme === 'ssh' ? 'keys identity and known_hosts' : 'keys username and password, or bearerToken';

/** The texts that must never come out again. */
export const secretsOf = (credential: Credential): readonly string[] => {
  switch (credential.kind) {
    case 'none':
      return [];
    case 'password':
      return [credential.password, basic(credential)];
    case 'token':
      return [credential.token];
    case 'ssh':
      // Line by line, since a program may print a part of the key.
      return credential.identity.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
  }
};

const basic = ({ username, password }: { username: string; password: string }): string =>
  Buffer.from(`${username}:${password}`).toString('base64');

export type TransportSecrets = {
  readonly credential: Credential;
  readonly caCertificate?: string | undefined;
  readonly proxy?: string | undefined;
};

/**
 * The environment that lets one git call open the repository. HTTP credentials go in as a header bound to the
 * repository's origin, never as argument, address or file. OpenSSH takes a key from a file only: it is written for
 * its owner alone into `folder`, which the mirror removes with itself.
 */
export const credentialEnvironment = async (
  url: RepositoryUrl,
  options: TransportSecrets & { readonly folder: string },
): Promise<Record<string, string>> => {
  const { credential, folder } = options;
  const settings: [string, string][] = [];
  const env: Record<string, string> = {};
  if (credential.kind === 'ssh') {
    const key = join(folder, 'identity');
    const hosts = join(folder, 'known_hosts');
    // OpenSSH refuses a key without a newline at its end.
    await writeFile(key, `${credential.identity.trim()}\n`, { mode: 0o600 });
    await chmod(key, 0o600);
    await writeFile(hosts, credential.knownHosts, { mode: 0o600 });
    env['GIT_SSH_COMMAND'] = sshCommand({ key, hosts });
    env['GIT_SSH_VARIANT'] = 'ssh';
  }
  if (credential.kind === 'password') {
    settings.push([`http.${url.origin}/.extraHeader`, `Authorization: Basic ${basic(credential)}`]);
  }
  if (credential.kind === 'token') {
    settings.push([`http.${url.origin}/.extraHeader`, `Authorization: Bearer ${credential.token}`]);
  }
  if (options.caCertificate !== undefined) {
    const file = join(folder, 'ca.crt');
    await writeFile(file, options.caCertificate);
    env['GIT_SSL_CAINFO'] = file;
  }
  if (options.proxy !== undefined) settings.push(['http.proxy', options.proxy]);
  env['GIT_CONFIG_COUNT'] = String(settings.length);
  settings.forEach(([key, value], index) => {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  });
  return env;
};

/** Git hands this to a shell: the paths are our own, made by `mkdtemp`, and quoted all the same. */
const sshCommand = (files: { readonly key: string; readonly hosts: string }): string => {
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${files.hosts}`,
    'GlobalKnownHostsFile=/dev/null',
    'IdentitiesOnly=yes',
    'ConnectTimeout=15',
  ];
  return ['ssh', '-F', '/dev/null', '-i', quoted(files.key), ...options.flatMap((one) => ['-o', quoted(one)])].join(
    ' ',
  );
};
