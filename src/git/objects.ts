import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

/** Git's object types with their numbers in a pack. */
const PACK_TYPES = { commit: 1, tree: 2, blob: 3 } as const;
export type ObjectType = keyof typeof PACK_TYPES;

export type GitObject = { readonly type: ObjectType; readonly body: Buffer; readonly sha: string };

/** An object with its name, the SHA-1 of its header and body. */
export const gitObject = (type: ObjectType, body: Buffer): GitObject => ({
  type,
  body,
  sha: createHash('sha1').update(`${type} ${body.length}\0`).update(body).digest('hex'),
});

/** Modes that Git writes; anything else in a tree is kept as it stands. */
export const MODE = { folder: '40000', file: '100644', executable: '100755', symlink: '120000', submodule: '160000' };

export type TreeEntry = { readonly mode: string; readonly name: string; readonly sha: string };

/** Reads a tree object. Names are kept as latin1, so that every byte survives. */
export const parseTree = (body: Buffer): TreeEntry[] => {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const nul = body.indexOf(0, space);
    if (space < 0 || nul < 0 || nul + 21 > body.length) throw new Error('Cannot read tree: it is cut off');
    entries.push({
      mode: body.toString('latin1', at, space),
      name: body.toString('latin1', space + 1, nul),
      sha: body.toString('hex', nul + 1, nul + 21),
    });
    at = nul + 21;
  }
  return entries;
};

/** Git sorts a folder as if its name ended in a slash. */
const sortKey = (entry: TreeEntry): string => (entry.mode === MODE.folder ? `${entry.name}/` : entry.name);

/** A tree object of these entries, in Git's order. */
export const treeObject = (entries: readonly TreeEntry[]): GitObject => {
  const sorted = [...entries].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  const parts = sorted.flatMap((entry) => [
    Buffer.from(`${entry.mode} ${entry.name}\0`, 'latin1'),
    Buffer.from(entry.sha, 'hex'),
  ]);
  return gitObject('tree', Buffer.concat(parts));
};

export type Author = { readonly name: string; readonly email: string };

export type CommitContent = {
  readonly tree: string;
  readonly parent: string;
  readonly author: Author;
  /** Seconds since the epoch; author and committer date, in UTC. */
  readonly seconds: number;
  readonly message: string;
};

/**
 * A commit object; the same content always gives the same name. `sign` gets the bytes without a signature and
 * returns an armored one.
 */
export const commitObject = (content: CommitContent, sign?: (payload: Buffer) => string): GitObject => {
  const who = `${plainName(content.author.name)} <${plainName(content.author.email)}> ${content.seconds} +0000`;
  const head = `tree ${content.tree}\nparent ${content.parent}\nauthor ${who}\ncommitter ${who}\n`;
  const unsigned = Buffer.from(`${head}\n${content.message}`);
  if (sign === undefined) return gitObject('commit', unsigned);
  const signature = sign(unsigned).trimEnd().replaceAll('\n', '\n ');
  return gitObject('commit', Buffer.from(`${head}gpgsig ${signature}\n\n${content.message}`));
};

/** Git's identity line is delimited by these characters. */
const plainName = (text: string): string => text.replace(/[<>\p{Cc}]/gu, '').trim() || 'Serin';

/** Type and length as a pack writes them: 3 bits type, then length in groups of 4 and 7 bits, low first. */
const packHeader = (object: GitObject): Buffer => {
  const bytes: number[] = [];
  let rest = object.body.length;
  let byte = (PACK_TYPES[object.type] << 4) | (rest & 15);
  rest = Math.floor(rest / 16);
  while (rest > 0) {
    bytes.push(byte | 0x80);
    byte = rest & 0x7f;
    rest = Math.floor(rest / 128);
  }
  bytes.push(byte);
  return Buffer.from(bytes);
};

/** A version 2 pack without deltas, for `git unpack-objects`. */
export const packOf = (objects: readonly GitObject[]): Buffer => {
  const head = Buffer.alloc(12);
  head.write('PACK');
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(objects.length, 8);
  const body = Buffer.concat([head, ...objects.flatMap((object) => [packHeader(object), deflateSync(object.body)])]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
};
