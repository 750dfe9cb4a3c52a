import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { isRecord, numberAt } from '#src/lib/json.ts';

/** The bundled controller as a process of its own. */
export type BundleProcess = {
  /** Port of /healthz, /readyz and /metrics. */
  readonly port: number;
  /** From the start of the process until /readyz said ok, ms. */
  readonly readyMs: number;
  /** Memory that the process holds (RSS), bytes; undefined where the system has no /proc. */
  readonly residentBytes: () => Promise<number | undefined>;
  /** Ends it as Kubernetes does, by SIGTERM. */
  readonly stop: () => Promise<{ readonly code: number | null; readonly ms: number }>;
};

export type BundleOptions = {
  /** As `bundle` gave it. */
  readonly file: string;
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
};

type Child = ChildProcessByStdio<null, Readable, Readable>;

const READY_LIMIT_MS = 30_000;
const LOOK_MS = 5;

/** Starts the bundled controller on a free port; resolves when it is ready, rejects with its last words otherwise. */
export const startBundle = async ({ file, flags, environment }: BundleOptions): Promise<BundleProcess> => {
  const begun = performance.now();
  const child = spawn(process.execPath, [file, 'controller', '--port', '0', ...flags], {
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const exited = Promise.withResolvers<number | null>();
  child.once('exit', (code) => {
    process.off('exit', kill);
    exited.resolve(code);
  });
  try {
    const port = await portOf(child);
    await ready(port, begun + READY_LIMIT_MS);
    return {
      port,
      readyMs: performance.now() - begun,
      residentBytes: () => residentBytes(child.pid ?? 0),
      stop: async () => {
        const asked = performance.now();
        child.kill('SIGTERM');
        return { code: await exited.promise, ms: performance.now() - asked };
      },
    };
  } catch (error) {
    kill();
    throw error;
  }
};

/** The port that the log names; every later line is read and dropped. */
const portOf = (child: Child): Promise<number> => {
  const words: string[] = [];
  const hear = (line: string): void => void (words.length < 50 && words.push(line));
  createInterface(child.stderr).on('line', hear);
  return new Promise((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      hear(line);
      const entry: unknown = line.startsWith('{') ? JSON.parse(line) : undefined;
      const port = isRecord(entry) && entry['msg'] === 'started' ? numberAt(entry, 'port') : undefined;
      if (port !== undefined) resolve(port);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The controller ended with ${code}:\n${words.join('\n')}`)));
  });
};

const ready = async (port: number, deadline: number): Promise<void> => {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
    const words = await answer.text();
    if (answer.ok) return;
    if (performance.now() > deadline) throw new Error(`The controller is not ready: ${words}`);
    await setTimeout(LOOK_MS);
  }
};

const residentBytes = async (pid: number): Promise<number | undefined> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
};
