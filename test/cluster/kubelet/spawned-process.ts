import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { ContainerProcess, ProcessEnd } from './container-process.ts';

export type SpawnedProcessOptions = {
  /** A process in the network namespace to run in. */
  readonly holder: number;
  /** Shell that ends in the program. */
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  /** Gets both outputs, after what earlier starts have written. */
  readonly log: string;
  /** Holds the number of the process while it runs. */
  readonly pid: string;
};

/** A container that is a process with mounts and a host name of its own. Every step replaces itself by the next. */
export const startSpawned = async (options: SpawnedProcessOptions): Promise<ContainerProcess> => {
  const { holder, script, env, log, pid } = options;
  const output = openSync(log, 'a');
  const namespaces = [`--net=/proc/${holder}/ns/net`, '--', 'unshare', '--mount', '--uts', '--'];
  const child = spawn('nsenter', [...namespaces, 'sh', '-c', script], {
    stdio: ['ignore', output, output],
    cwd: '/',
    env,
    // A group of its own, which is ended with it.
    detached: true,
  });
  closeSync(output);
  await started(child);
  writeFileSync(pid, `${child.pid}\n`);
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('exit', (code, signal) => {
      killGroup(child);
      rmSync(pid, { force: true });
      const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
      resolve({ exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' });
    });
  });
  return {
    ended,
    ready: () => true,
    terminate: () => child.kill('SIGTERM'),
    kill: () => killGroup(child),
  };
};

const started = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });

/** With its last process a container's others are gone too. */
const killGroup = ({ pid }: ChildProcess): void => {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // None is left.
  }
};
