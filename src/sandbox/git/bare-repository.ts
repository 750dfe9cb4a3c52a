import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CatFile } from '../../git/cat-file.ts';
import { type GitCall, type GitSettings, runGit } from '../../git/git-process.ts';
import type { RevisionSource } from '../gitops/revision-source.ts';

/** Who pushes: the demo's developer, a test's competing writer. */
export type Person = { readonly name: string; readonly email: string };

export type CommitFiles = {
  /** New content by path; null removes the file. */
  readonly files: Readonly<Record<string, string | Uint8Array | null>>;
  readonly message: string;
  readonly author: Person;
  /** `100644` where not told; also `120000` for a symlink, `160000` (with a commit as content) for a submodule. */
  readonly modes?: Readonly<Record<string, '100644' | '100755' | '120000' | '160000'>>;
};

/** What hosts offer: pushing, partial and shallow fetches, checked objects, and no work in the background. */
const HOST_CONFIG = `[http]
	receivepack = true
[uploadpack]
	allowFilter = true
[receive]
	fsckObjects = true
	autogc = false
[gc]
	auto = 0
`;

/** A bare repository on disk, as the Git host of the sandbox; its users are served by GitServer. */
export class BareRepository implements RevisionSource {
  /** The repository's own folder, ending in `.git`. */
  readonly folder: string;
  readonly branch: string;
  readonly #settings: GitSettings;

  private constructor(settings: GitSettings, folder: string, branch: string) {
    this.#settings = settings;
    this.folder = folder;
    this.branch = branch;
  }

  /** Makes an empty repository `name`.git below `parent`. */
  static async create(
    settings: GitSettings,
    options: { readonly parent: string; readonly name: string; readonly branch?: string },
  ): Promise<BareRepository> {
    const branch = options.branch ?? 'main';
    const repository = new BareRepository(settings, join(options.parent, `${options.name}.git`), branch);
    await mkdir(repository.folder, { recursive: true });
    await repository.git(['init', '--bare', '-q', '--template=', `--initial-branch=${branch}`]);
    await appendFile(join(repository.folder, 'config'), HOST_CONFIG);
    return repository;
  }

  /** Commits to the branch without a work tree; resolves with the new commit's SHA. */
  async commitFiles({ files, message, author, modes }: CommitFiles): Promise<string> {
    const seconds = Math.floor(this.#settings.clock.now() / 1000);
    const tip = await this.head();
    const parts: (string | Uint8Array)[] = [
      `commit refs/heads/${this.branch}\nmark :1\n`,
      `committer ${author.name} <${author.email}> ${seconds} +0000\n`,
      ...data(message),
      ...(tip === undefined ? [] : [`from ${tip}\n`]),
    ];
    for (const [path, content] of Object.entries(files)) {
      const mode = modes?.[path] ?? '100644';
      if (content === null) parts.push(`D ${quoted(path)}\n`);
      else if (mode === '160000') parts.push(`M 160000 ${content} ${quoted(path)}\n`);
      else parts.push(`M ${mode} inline ${quoted(path)}\n`, ...data(content));
    }
    parts.push('\nget-mark :1\n');
    const input = Buffer.concat(parts.map((part) => Buffer.from(part)));
    const answer = await this.git(['fast-import', '--quiet', '--date-format=raw'], { input });
    return answer.trim();
  }

  /** The newest commit of the branch; undefined while there is none. */
  async head(branch = this.branch): Promise<string | undefined> {
    const answer = await this.#run(['rev-parse', '--verify', '-q', `refs/heads/${branch}^{commit}`], {});
    return answer.code === 0 ? answer.stdout.toString().trim() : undefined;
  }

  /** The text files below `folder` at `commit`, by path. */
  async readFiles(commit: string, folder: string): Promise<ReadonlyMap<string, string>> {
    const spec = folder === '' ? [] : ['--', folder];
    const listing = await this.git(['ls-tree', '-r', '-z', '--full-tree', commit, ...spec]);
    const files = new Map<string, string>();
    const objects = new CatFile(this.#settings, this.folder);
    for (const line of listing.split('\0')) {
      const [, sha, path] = /^100\d+ blob ([0-9a-f]+)\t(.+)$/s.exec(line) ?? [];
      if (sha === undefined || path === undefined) continue;
      files.set(path, (await objects.read(sha))?.body.toString() ?? '');
    }
    objects.close();
    return files;
  }

  /** `git show` of a commit, as a person would read it. */
  show(commit: string): Promise<string> {
    return this.git(['show', '--no-color', '--end-of-options', commit]);
  }

  /** `git log` of the branch, newest first: one line a commit unless a format is given. */
  log(format = '%h %an: %s'): Promise<string> {
    return this.git(['log', '--no-color', `--format=${format}`, this.branch]);
  }

  /** Makes every push fail as a protected branch does, with these words; undefined allows them again. */
  async refusePushes(words: string | undefined, branch = this.branch): Promise<void> {
    const hook = join(this.folder, 'hooks', 'pre-receive');
    if (words === undefined) return rm(hook, { force: true });
    await mkdir(join(this.folder, 'hooks'), { recursive: true });
    const text = words.replaceAll("'", "'\\''");
    const script = `#!/bin/sh\nwhile read old new ref; do\n  [ "$ref" = 'refs/heads/${branch}' ] && { echo '${text}' >&2; exit 1; }\ndone\nexit 0\n`;
    await writeFile(hook, script, { mode: 0o755 });
  }

  /** Runs git in this repository and resolves with what it printed; rejects with its words when it fails. */
  async git(args: readonly string[], options: Pick<GitCall, 'input'> = {}): Promise<string> {
    const answer = await this.#run(args, options);
    if (answer.code !== 0)
      throw new Error(`Cannot run git ${args[0]}: exit code ${answer.code}, ${answer.stderr.trim()}`);
    return answer.stdout.toString();
  }

  #run(args: readonly string[], options: Pick<GitCall, 'input'>): ReturnType<typeof runGit> {
    return runGit({ settings: this.#settings, gitDir: this.folder, args, ...options });
  }
}

/** fast-import's counted form of a text. */
const data = (content: string | Uint8Array): (string | Uint8Array)[] => {
  const bytes = Buffer.from(content);
  return [`data ${bytes.length}\n`, bytes, '\n'];
};

const quoted = (path: string): string => `"${path.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
