import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { GitError } from './git-error.ts';
import { type GitSettings, killGroup, spawnGit } from './git-process.ts';

export type StoredObject = { readonly sha: string; readonly type: string; readonly body: Buffer };
type Waiting = {
  readonly name: string;
  readonly resolve: (object: StoredObject | undefined) => void;
  readonly reject: (error: Error) => void;
};

/**
 * One open `git cat-file --batch`: reads objects of a mirror without starting a process for each. It may reach no
 * server: an object that the mirror does not hold is missing, it is never fetched behind our back.
 */
export class CatFile {
  readonly #settings: GitSettings;
  readonly #gitDir: string;
  #child: ChildProcessWithoutNullStreams;
  #waiting: Waiting[] = [];
  #chunks: Buffer[] = [];
  #size = 0;
  /** Bytes that must be there before the next answer can be complete. */
  #need = 0;
  #ended: GitError | undefined;

  constructor(settings: GitSettings, gitDir: string) {
    this.#settings = settings;
    this.#gitDir = gitDir;
    this.#child = this.#start();
  }

  /** The object that `name` (SHA or ref) stands for; undefined when it is not there. */
  read(name: string): Promise<StoredObject | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended);
      this.#waiting.push({ name, resolve, reject });
      this.#child.stdin.write(`${name}\n`);
    });
  }

  close(): void {
    this.#end(new GitError('internal', 'Cannot read objects: the mirror is closed'));
    killGroup(this.#child.pid, 'SIGKILL');
  }

  #start(): ChildProcessWithoutNullStreams {
    // Newer gits know the first; for older ones the protocol of a lazy fetch is forbidden.
    const env = { GIT_NO_LAZY_FETCH: '1', GIT_ALLOW_PROTOCOL: 'none' };
    const child = spawnGit({ settings: this.#settings, gitDir: this.#gitDir, args: ['cat-file', '--batch'], env });
    let words = '';
    child.stdout.on('data', (chunk: Buffer) => this.#receive(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      words = `${words}${chunk.toString()}`.slice(-2000);
    });
    child.stdin.on('error', () => {});
    child.on('error', (cause) => this.#end(new GitError('internal', 'Cannot start git cat-file', { cause })));
    child.on('close', () => this.#onClose(words));
    return child;
  }

  /** Older gits end when an object is missing from a partial mirror: that one is missing, the others are asked again. */
  #onClose(words: string): void {
    if (this.#ended !== undefined) return;
    const [missing, ...others] = this.#waiting;
    if (missing === undefined || !words.includes('promisor')) {
      this.#end(new GitError('internal', 'Cannot read objects: git cat-file has ended'));
      return;
    }
    this.#waiting = others;
    this.#chunks = [];
    this.#size = 0;
    this.#need = 0;
    this.#child = this.#start();
    for (const { name } of others) this.#child.stdin.write(`${name}\n`);
    missing.resolve(undefined);
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
