import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { kill } from 'node:process';
import type { Clock } from '../lib/clock.ts';
import { redact } from '../lib/redact.ts';
import { GitError } from './git-error.ts';

/** How long a process may go on after TERM before it gets KILL. */
const GRACE_MS = 2000;
/** More output than any command of ours has; what exceeds it is cut off, so that a host cannot fill the memory. */
const MAX_OUTPUT = 64 * 1024 * 1024;

export type GitSettings = {
  readonly clock: Clock;
  /** `PATH` for git and what it starts (ssh). */
  readonly searchPath: string;
  /** An existing empty folder that git takes for its home. */
  readonly home: string;
  /** Test option: also allows http:// and file:// repositories. */
  readonly allowInsecure?: boolean;
};

export type GitCall = {
  readonly settings: GitSettings;
  readonly args: readonly string[];
  readonly gitDir?: string;
  readonly input?: Uint8Array;
  /** What only this call may know, e.g. its credential. */
  readonly env?: Readonly<Record<string, string>>;
  /** Texts that must not come out again. */
  readonly secrets?: readonly string[];
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
};

export type GitAnswer = { readonly code: number; readonly stdout: Buffer; readonly stderr: string };

/** The whole environment of a git process: nothing of the controller's own environment passes. */
export const gitEnvironment = (settings: GitSettings): Record<string, string> => ({
  PATH: settings.searchPath,
  HOME: settings.home,
  LC_ALL: 'C',
  TZ: 'UTC',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: settings.allowInsecure === true ? 'https:ssh:http:file' : 'https:ssh',
  GIT_PROTOCOL_FROM_USER: '0',
  GIT_HTTP_LOW_SPEED_LIMIT: '100',
  GIT_HTTP_LOW_SPEED_TIME: '20',
  GIT_OPTIONAL_LOCKS: '0',
});

/** Starts git in a process group of its own, so that everything it started can be ended with it. */
export const spawnGit = (call: GitCall): ChildProcessWithoutNullStreams => {
  const gitDir = call.gitDir === undefined ? [] : [`--git-dir=${call.gitDir}`];
  return spawn('git', [...gitDir, ...call.args], {
    cwd: call.settings.home,
    env: { ...gitEnvironment(call.settings), ...call.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
};

/** Ends a process and everything it started. */
export const killGroup = (pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void => {
  if (pid === undefined) return;
  try {
    kill(-pid, signal);
  } catch {
    // ESRCH: the group has ended by itself, which is what we wanted.
  }
};

/**
 * Runs one git command to its end. Resolves with any exit code; rejects with a GitError when git cannot be started,
 * takes longer than `timeoutMs` (TERM, then KILL), or when `signal` is aborted.
 */
export const runGit = (call: GitCall): Promise<GitAnswer> =>
  new Promise((resolve, reject) => {
    const { clock } = call.settings;
    const name = call.args.find((arg) => !arg.startsWith('-')) ?? 'git';
    const timeoutMs = call.timeoutMs ?? 60_000;
    if (call.signal?.aborted) return reject(new GitError('network', `Cannot run git ${name}: aborted`));
    const child = spawnGit(call);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let size = 0;
    let broken: GitError | undefined;
    const keep = (into: Buffer[]) => (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_OUTPUT) into.push(chunk);
      else stop(new GitError('internal', `Cannot run git ${name}: its output exceeds ${MAX_OUTPUT} bytes`));
    };
    let cancelKill = (): void => {};
    const stop = (why: GitError): void => {
      if (broken !== undefined) return;
      broken = why;
      killGroup(child.pid, 'SIGTERM');
      cancelKill = clock.after(GRACE_MS, () => killGroup(child.pid, 'SIGKILL'));
    };
    const cancelTimeout = clock.after(timeoutMs, () =>
      stop(new GitError('network', `Cannot finish git ${name}: no end after ${timeoutMs} ms`)),
    );
    const onAbort = (): void => stop(new GitError('network', `Cannot finish git ${name}: aborted`));
    call.signal?.addEventListener('abort', onAbort, { once: true });
    const settle = (): void => {
      cancelTimeout();
      cancelKill();
      call.signal?.removeEventListener('abort', onAbort);
    };

    child.stdout.on('data', keep(stdout));
    child.stderr.on('data', keep(stderr));
    child.on('error', (cause) => {
      settle();
      reject(new GitError('internal', `Cannot start git: want it in ${call.settings.searchPath}`, { cause }));
    });
    child.on('close', (code) => {
      settle();
      if (broken !== undefined) return reject(broken);
      const text = redact(Buffer.concat(stderr).toString(), call.secrets ?? []);
      resolve({ code: code ?? -1, stdout: Buffer.concat(stdout), stderr: text });
    });
    // A process that ends before it has read its input closes the pipe; its exit code says more than EPIPE.
    child.stdin.on('error', () => {});
    child.stdin.end(call.input);
  });

/** One line of what git or the host said, for conditions: at most 300 characters, without control characters. */
export const hostWords = (stderr: string): string => {
  const lines = stderr
    .split(/[\r\n]+/)
    .map((line) => line.replace(/\p{Cc}/gu, ' ').trim())
    .filter((line) => line !== '' && !/^(remote: )?(Enumerating|Counting|Compressing|Writing|Total|To )/.test(line));
  const text = lines.join('; ');
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
};
