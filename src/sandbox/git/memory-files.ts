import type { Files } from '../../git/files.ts';

/** A tree of text files by path, as the Git engine reads trees. */
export class MemoryFiles implements Files {
  readonly #files: Readonly<Record<string, string>>;

  constructor(files: Readonly<Record<string, string>>) {
    this.#files = files;
  }

  readonly list: Files['list'] = async (folder) => {
    const prefix = folder === '' ? '' : `${folder}/`;
    const entries = new Map<string, 'file' | 'folder'>();
    for (const path of Object.keys(this.#files)) {
      if (!path.startsWith(prefix)) continue;
      const [name = '', ...below] = path.slice(prefix.length).split('/');
      entries.set(name, below.length > 0 ? 'folder' : 'file');
    }
    if (entries.size === 0 && folder !== '') return undefined;
    return [...entries].map(([name, kind]) => ({ name, kind }));
  };

  readonly read: Files['read'] = async (path) => {
    const text = this.#files[path];
    return text === undefined ? undefined : Buffer.from(text);
  };
}
