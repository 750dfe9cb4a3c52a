import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CatFile } from './cat-file.ts';
import { credentialEnvironment } from './credential.ts';
import { GitError } from './git-error.ts';
import { type GitAnswer, type GitCall, type GitSettings, hostWords, runGit } from './git-process.ts';
import { GitTree } from './git-tree.ts';
import { type GitObject, packOf } from './objects.ts';
import { type PushVerdict, pushVerdict } from './push-verdict.ts';
import { remoteError } from './remote-error.ts';
import { accessSecrets, type RepositoryAccess } from './repository-access.ts';
import { operationsIn } from './trailers.ts';
import { MAX_FILE_BYTES } from './yaml-edit.ts';

/** Set once in the mirror's own file, where child processes of git see it too. */
const CONFIG = `[core]
	repositoryformatversion = 1
	bare = true
	hooksPath = /dev/null
[extensions]
	partialClone = origin
[gc]
	auto = 0
[maintenance]
	auto = false
[repack]
	writeBitmaps = false
[fetch]
	fsckObjects = true
	writeCommitGraph = false
[submodule]
	recurse = false
[credential]
	helper =
[http]
	followRedirects = false
[push]
	followTags = false
`;
/** Commit dates are set by other machines: how far before a decision its commit may seem to lie. */
const DATE_MARGIN_MS = 10 * 60_000;

export type MirrorOptions = {
  readonly settings: GitSettings;
  /** Private folder that the mirror makes its own one in. */
  readonly parent: string;
  readonly access: RepositoryAccess;
  readonly branch: string;
};

/**
 * A bare, shallow, partial copy of one branch, without a work tree. Blobs too large to be edited stay on the server.
 * Knows the operations in the commits that it has seen. Used by one writer only.
 */
export class Mirror {
  /** Newest commit known; the base of the next one. */
  tip = '';
  /** Fetches and commits since it was made, for the writer to bound its growth. */
  uses = 0;
  /** When the last fetch began, monotonic ms: the tip is at least as new. */
  fetchedAt = Number.NEGATIVE_INFINITY;
  readonly #options: MirrorOptions;
  readonly #folder: string;
  readonly #gitDir: string;
  readonly #catFile: CatFile;
  readonly #env: Readonly<Record<string, string>>;
  readonly #secrets: readonly string[];
  readonly #operations = new Map<string, string>();
  #tree: { readonly commit: string; readonly files: GitTree } | undefined;
  /** Commits of the branch dated from here on have been scanned, ms. */
  #scannedSince = Number.POSITIVE_INFINITY;

  private constructor(options: MirrorOptions, folder: string, env: Readonly<Record<string, string>>) {
    this.#options = options;
    this.#folder = folder;
    this.#gitDir = join(folder, 'mirror.git');
    this.#env = env;
    this.#secrets = accessSecrets(options.access);
    this.#catFile = new CatFile(options.settings, this.#gitDir);
  }

  /** Makes the mirror and fetches the branch, with every commit since `since` (ms). */
  static async open(
    options: MirrorOptions,
    { since, signal }: { since: number; signal?: AbortSignal },
  ): Promise<Mirror> {
    const folder = await mkdtemp(join(options.parent, 'mirror-'));
    const gitDir = join(folder, 'mirror.git');
    await mkdir(join(gitDir, 'objects'), { recursive: true });
    await mkdir(join(gitDir, 'refs'));
    await writeFile(join(gitDir, 'HEAD'), 'ref: refs/heads/none\n');
    const { access } = options;
    const url = access.url.text.replace(/[\\"]/g, '\\$&');
    const remote = `[remote "origin"]\n\turl = "${url}"\n\tpromisor = true\n\tpartialclonefilter = blob:limit=${MAX_FILE_BYTES}\n`;
    await writeFile(join(gitDir, 'config'), CONFIG + remote);
    const mirror = new Mirror(options, folder, await credentialEnvironment(access.url, { ...access, folder }));
    try {
      await mirror.#deepen(since, signal);
    } catch (error) {
      await mirror.close();
      throw error;
    }
    return mirror;
  }

  async close(): Promise<void> {
    this.#catFile.close();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }

  /** The commit that carries operation `id`, among all that a commit decided at `decidedAt` can be. */
  async commitOf(
    id: string,
    options: { readonly decidedAt: number; readonly signal?: AbortSignal },
  ): Promise<string | undefined> {
    if (!this.#operations.has(id) && options.decidedAt - DATE_MARGIN_MS < this.#scannedSince) {
      await this.#deepen(options.decidedAt, options.signal);
    }
    return this.#operations.get(id);
  }

  /** Brings in what is new on the branch. */
  async fetch(signal?: AbortSignal): Promise<void> {
    await this.#fetch([], signal);
  }

  /** The files of the tip; one tree for all who ask while it stays. */
  async tree(): Promise<GitTree> {
    if (this.#tree?.commit === this.tip) return this.#tree.files;
    const commit = await this.#catFile.read(this.tip);
    const root = /^tree ([0-9a-f]{40})\n/.exec(commit?.body.toString('latin1', 0, 64) ?? '')?.[1];
    if (root === undefined)
      throw new GitError('internal', `Cannot read commit ${this.tip}: the mirror does not hold it`);
    const files = new GitTree(root, async (sha) => (await this.#catFile.read(sha))?.body);
    this.#tree = { commit: this.tip, files };
    return files;
  }

  async write(objects: readonly GitObject[], signal?: AbortSignal): Promise<void> {
    const answer = await this.#git(['unpack-objects', '-q'], { input: packOf(objects), signal });
    if (answer.code !== 0) throw new GitError('internal', `Cannot store objects: ${hostWords(answer.stderr)}`);
    this.uses++;
  }

  /** Pushes `commit` to `branch` if that stands at `expected` ('' = does not exist). */
  async push(
    commit: string,
    options: { readonly branch: string; readonly expected: string; readonly signal?: AbortSignal },
  ): Promise<PushVerdict> {
    const ref = `refs/heads/${options.branch}`;
    const lease = `--force-with-lease=${ref}:${options.expected}`;
    const args = ['push', '--porcelain', '--no-verify', lease, '--end-of-options', 'origin', `${commit}:${ref}`];
    return pushVerdict(await this.#remote(args, options.signal), this.#secrets);
  }

  /** Notes that `commit`, which carries these operations, is the tip now. */
  advance(commit: string, operations: readonly string[]): void {
    this.tip = commit;
    for (const id of operations) this.#operations.set(id, commit);
  }

  /** Where `branch` stands on the server; undefined when there is none. Throws GitError when the server is away. */
  async remoteTip(branch: string, signal?: AbortSignal): Promise<string | undefined> {
    const ref = `refs/heads/${branch}`;
    const answer = await this.#remote(['ls-remote', '--end-of-options', 'origin', ref], signal);
    if (answer.code !== 0) throw remoteError(answer, this.#options.access.url);
    const line = answer.stdout
      .toString()
      .split('\n')
      .find((one) => one.endsWith(`\t${ref}`));
    return line?.slice(0, line.indexOf('\t'));
  }

  /** Fetches the history since `decidedAt` less a margin. */
  async #deepen(decidedAt: number, signal: AbortSignal | undefined): Promise<void> {
    const since = decidedAt - DATE_MARGIN_MS;
    // Git wants whole seconds; a date before 1970 means everything.
    const seconds = Math.max(Math.floor(since / 1000), 1);
    const begun = this.#options.settings.clock.monotonic();
    const answer = await this.#remote([...this.#fetchArgs([`--shallow-since=@${seconds}`])], signal);
    if (answer.code === 0) await this.#scan('', begun);
    else if (isNothingNewer(answer)) await this.#fetch(this.tip === '' ? ['--depth=1'] : [], signal);
    else throw await this.#explain(answer, signal);
    this.#scannedSince = Math.min(this.#scannedSince, since);
  }

  async #fetch(depth: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const before = this.tip;
    const begun = this.#options.settings.clock.monotonic();
    const answer = await this.#remote(this.#fetchArgs(depth), signal);
    if (answer.code !== 0) throw await this.#explain(answer, signal);
    await this.#scan(before, begun);
  }

  #fetchArgs(depth: readonly string[]): readonly string[] {
    const { branch } = this.#options;
    const filter = `--filter=blob:limit=${MAX_FILE_BYTES}`;
    const options = ['--no-tags', '--no-write-fetch-head', '--no-auto-gc', '--update-shallow', filter, ...depth];
    return [
      'fetch',
      '-q',
      ...options,
      '--end-of-options',
      'origin',
      `+refs/heads/${branch}:refs/remotes/origin/${branch}`,
    ];
  }

  /** Reads the new tip of the fetch begun at `begun`, and the operations in the commits after `base` ('' = all). */
  async #scan(base: string, begun: number): Promise<void> {
    const ref = `refs/remotes/origin/${this.#options.branch}`;
    const tip = await this.#catFile.read(ref);
    if (tip === undefined) throw new GitError('internal', `Cannot read ${ref}: the mirror does not hold it`);
    this.uses++;
    this.tip = tip.sha;
    this.fetchedAt = begun;
    if (base === tip.sha) return;
    const range = base === '' ? [tip.sha] : [tip.sha, `^${base}`];
    const args = [
      'log',
      '-z',
      '--format=%H%n%B',
      '--fixed-strings',
      '--grep=Serin-Operation: ',
      '--end-of-options',
      ...range,
    ];
    const answer = await this.#git(args, {});
    if (answer.code !== 0) throw new GitError('internal', `Cannot read the log: ${hostWords(answer.stderr)}`);
    for (const entry of answer.stdout.toString().split('\0')) {
      const commit = entry.slice(0, 40);
      for (const id of operationsIn(entry.slice(41))) this.#operations.set(id, commit);
    }
  }

  /** Why a fetch failed, when the server can be reached all the same. */
  async #explain(answer: GitAnswer, signal: AbortSignal | undefined): Promise<GitError> {
    const { access, branch } = this.#options;
    if ((await this.remoteTip(branch, signal)) !== undefined) return remoteError(answer, access.url);
    return new GitError('config', `Cannot find branch ${branch} in ${access.url.text}: want one with a commit`);
  }

  #remote(args: readonly string[], signal: AbortSignal | undefined): Promise<GitAnswer> {
    return this.#git(args, { env: this.#env, secrets: this.#secrets, signal });
  }

  #git(args: readonly string[], call: Pick<GitCall, 'env' | 'secrets' | 'input' | 'signal'>): Promise<GitAnswer> {
    return runGit({ settings: this.#options.settings, gitDir: this.#gitDir, args, ...call });
  }
}

/** The server has no commit as new as was asked for: there is nothing to scan. */
const isNothingNewer = ({ stderr }: GitAnswer): boolean =>
  /error processing shallow info|no commits selected/.test(stderr);
