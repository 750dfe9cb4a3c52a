import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { GitError } from './git-error.ts';
import { type GitSettings, killGroup, spawnGit } from './git-process.ts';

export type StoredObject = { readonly sha: string; readonly type: string; readonly body: Buffer };
type Waiting = {
  readonly resolve: (object: StoredObject | undefined) => void;
  readonly reject: (error: Error) => void;
};

/** One open `git cat-file --batch`: reads objects of a mirror without starting a process for each. */
export class CatFile {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: Waiting[] = [];
  #chunks: Buffer[] = [];
  #size = 0;
  /** Bytes that must be there before the next answer can be complete. */
  #need = 0;
  #ended: GitError | undefined;

  constructor(settings: GitSettings, gitDir: string) {
    // No protocol is allowed: a missing object stays missing, it is never fetched behind our back.
    const env = { GIT_ALLOW_PROTOCOL: 'none' };
    this.#child = spawnGit({ settings, gitDir, args: ['cat-file', '--batch'], env });
    this.#child.stdout.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#child.stderr.resume();
    this.#child.stdin.on('error', () => {});
    this.#child.on('error', (cause) => this.#end(new GitError('internal', 'Cannot start git cat-file', { cause })));
    this.#child.on('close', () => this.#end(new GitError('internal', 'Cannot read objects: git cat-file has ended')));
  }

  /** The object that `name` (SHA or ref) stands for; undefined when it is not there. */
  read(name: string): Promise<StoredObject | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended);
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${name}\n`);
    });
  }

  close(): void {
    this.#end(new GitError('internal', 'Cannot read objects: the mirror is closed'));
    killGroup(this.#child.pid, 'SIGKILL');
  }

  #end(error: GitError): void {
    this.#ended ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#ended);
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#need) return;
    let data = Buffer.concat(this.#chunks);
    for (;;) {
      const answer = parseAnswer(data);
      if ('need' in answer) {
        this.#need = answer.need;
        break;
      }
      data = data.subarray(answer.length);
      this.#waiting.shift()?.resolve(answer.object);
    }
    this.#chunks = [data];
    this.#size = data.length;
  }
}

/** Reads `<sha> <type> <size>\n<body>\n` or `<name> missing\n`. */
const parseAnswer = (
  data: Buffer,
): { readonly need: number } | { readonly length: number; readonly object: StoredObject | undefined } => {
  const end = data.indexOf(0x0a);
  if (end < 0) return { need: data.length + 1 };
  const words = data.toString('utf8', 0, end).split(' ');
  const [sha, type, size] = words;
  if (words.length !== 3 || sha === undefined || type === undefined || !/^\d+$/.test(size ?? '')) {
    return { length: end + 1, object: undefined };
  }
  const length = end + 1 + Number(size) + 1;
  if (data.length < length) return { need: length };
  return { length, object: { sha, type, body: Buffer.from(data.subarray(end + 1, length - 1)) } };
};
