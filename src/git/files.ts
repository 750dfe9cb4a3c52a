/** What stands in a folder of a repository. */
export type FileKind = 'file' | 'folder' | 'symlink' | 'submodule';
export type FolderEntry = { readonly name: string; readonly kind: FileKind };

/** The files of one revision, read only. Paths have no leading slash; '' is the top folder. */
export type Files = {
  /** Undefined when there is no such folder. Throws Refusal when the path crosses a symlink or submodule. */
  readonly list: (folder: string) => Promise<readonly FolderEntry[] | undefined>;
  /** Undefined when there is no such file. Throws Refusal when the path crosses or is a symlink or submodule. */
  readonly read: (path: string) => Promise<Buffer | undefined>;
};

/** New contents by path. */
export type FileChanges = ReadonlyMap<string, Buffer>;

/** `base` as it will be once `changes` are written. */
export const withChanges = (base: Files, changes: FileChanges): Files => ({
  list: base.list,
  read: async (path) => changes.get(path) ?? base.read(path),
});
