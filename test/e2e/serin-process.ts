import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

const ROOT = join(import.meta.dirname, '..', '..');
const MAIN = join(ROOT, 'src', 'main.ts');

/** The command line that runs serin with this Node. */
export const serin = (...args: readonly string[]): readonly string[] => [process.execPath, MAIN, ...args];

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

/** A process of its own, under way; it does not outlive the test. */
export const startProcess = (
  t: TestContext,
  [program = '', ...args]: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): { readonly child: ChildProcess; readonly out: Readable; readonly ended: Promise<Ended> } => {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
  t.after(() => child.kill('SIGKILL'));
  const code = new Promise<number | null>((resolve) => child.on('close', resolve));
  const read = Promise.all([code, text(child.stdout), text(child.stderr)]);
  return { child, out: child.stdout, ended: read.then(([code, out, err]) => ({ code, out, err })) };
};

/** An empty folder that is given to a process as its TMPDIR, so that one sees what it leaves behind. */
export const ownFolder = async (t: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'serin-test-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
};
