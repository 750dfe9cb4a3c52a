import type { FileChanges, FileKind, Files } from './files.ts';
import { GitError } from './git-error.ts';
import { type GitObject, gitObject, MODE, parseTree, type TreeEntry, treeObject } from './objects.ts';
import { Refusal } from './refusal.ts';

/** Gives the body of an object; undefined when the mirror does not hold it. */
export type ReadObject = (sha: string) => Promise<Buffer | undefined>;

const kindOf = (mode: string): FileKind => {
  if (mode === MODE.folder) return 'folder';
  if (mode === MODE.symlink) return 'symlink';
  return mode === MODE.submodule ? 'submodule' : 'file';
};

/** Tree entries carry names as latin1 text of their bytes; paths are ordinary text. */
const toRaw = (name: string): string => Buffer.from(name).toString('latin1');
const fromRaw = (raw: string): string => Buffer.from(raw, 'latin1').toString();

/** One commit's tree as files, and as the base of a new tree. Each tree object is read once. */
export class GitTree {
  readonly root: string;
  readonly #read: ReadObject;
  readonly #trees = new Map<string, Promise<readonly TreeEntry[]>>();

  constructor(root: string, read: ReadObject) {
    this.root = root;
    this.#read = read;
  }

  readonly files: Files = {
    list: async (folder) => {
      const sha = await this.#find(folder, MODE.folder);
      if (sha === undefined) return undefined;
      return (await this.#entries(sha)).map(({ name, mode }) => ({ name: fromRaw(name), kind: kindOf(mode) }));
    },
    read: async (path) => {
      const sha = await this.#find(path, MODE.file);
      if (sha === undefined) return undefined;
      const body = await this.#read(sha);
      if (body === undefined) throw new Refusal('NotEditable', `${path} is larger than 1 MB, too large to edit`);
      return body;
    },
  };

  /** The objects that hold `changes`, trees last; the very last is the new root. New files get mode 100644. */
  async write(changes: FileChanges): Promise<GitObject[]> {
    const blobs: GitObject[] = [];
    const byPath = new Map<string, string>();
    for (const [path, body] of changes) {
      const blob = gitObject('blob', body);
      blobs.push(blob);
      byPath.set(toRaw(path), blob.sha);
    }
    const trees: GitObject[] = [];
    await this.#rewrite(this.root, byPath, trees);
    return [...blobs, ...trees];
  }

  async #rewrite(sha: string | undefined, changes: ReadonlyMap<string, string>, made: GitObject[]): Promise<string> {
    const entries = new Map<string, TreeEntry>();
    for (const entry of sha === undefined ? [] : await this.#entries(sha)) entries.set(entry.name, entry);
    const below = new Map<string, Map<string, string>>();
    for (const [path, blob] of changes) {
      const slash = path.indexOf('/');
      if (slash < 0) {
        const mode = entries.get(path)?.mode ?? MODE.file;
        if (kindOf(mode) !== 'file') {
          throw new Refusal('InvalidPath', `${fromRaw(path)} is a ${kindOf(mode)}, want a plain file`);
        }
        entries.set(path, { name: path, mode, sha: blob });
        continue;
      }
      const folder = path.slice(0, slash);
      const inside = below.get(folder) ?? new Map<string, string>();
      below.set(folder, inside.set(path.slice(slash + 1), blob));
    }
    for (const [name, inside] of below) {
      const old = entries.get(name);
      if (old !== undefined && old.mode !== MODE.folder) {
        throw new Refusal('InvalidPath', `${fromRaw(name)} is a ${kindOf(old.mode)}, want a folder to write into`);
      }
      entries.set(name, { name, mode: MODE.folder, sha: await this.#rewrite(old?.sha, inside, made) });
    }
    const tree = treeObject([...entries.values()]);
    made.push(tree);
    return tree.sha;
  }

  /** Walks to `path`; undefined when it is missing or of the other kind. */
  async #find(path: string, wanted: string): Promise<string | undefined> {
    let entry: TreeEntry = { mode: MODE.folder, name: '', sha: this.root };
    for (const name of path === '' ? [] : path.split('/')) {
      if (entry.mode !== MODE.folder) return undefined;
      const next = (await this.#entries(entry.sha)).find((one) => one.name === toRaw(name));
      if (next === undefined) return undefined;
      const kind = kindOf(next.mode);
      if (kind === 'symlink' || kind === 'submodule') {
        throw new Refusal('InvalidPath', `${name} in ${path} is a ${kind}, want a plain file or folder`);
      }
      entry = next;
    }
    return (entry.mode === MODE.folder) === (wanted === MODE.folder) ? entry.sha : undefined;
  }

  #entries(sha: string): Promise<readonly TreeEntry[]> {
    const known = this.#trees.get(sha);
    if (known !== undefined) return known;
    const entries = this.#read(sha).then((body) => {
      if (body === undefined) throw new GitError('internal', `Cannot read tree ${sha}: the mirror does not hold it`);
      return parseTree(body);
    });
    this.#trees.set(sha, entries);
    return entries;
  }
}
