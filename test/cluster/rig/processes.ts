import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Rig } from './rig.ts';

/** A process that was started, and when, in the kernel's ticks: a number of a process is used again. */
type Started = { readonly pid: number; readonly ticks: string };

const pidFile = ({ folder }: Rig, name: string): string => join(folder, 'pids', name);
export const logOf = ({ folder }: Rig, name: string): string => join(folder, 'logs', `${name}.log`);

/** Field 22 of /proc/PID/stat (proc(5)); undefined when there is no such process, or only its remains. */
const ticksOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
};

const recorded = (rig: Rig, name: string): Started | undefined => {
  try {
    const [pid, ticks = ''] = readFileSync(pidFile(rig, name), 'utf8').split(' ');
    return { pid: Number(pid), ticks };
  } catch {
    return undefined;
  }
};

/** Its process number while it runs. */
export const runningPid = (rig: Rig, name: string): number | undefined => {
  const started = recorded(rig, name);
  return started !== undefined && ticksOf(started.pid) === started.ticks ? started.pid : undefined;
};

/** Starts a program that outlives this process, with a log of its own. The caller stands in the rig's namespace. */
export const startProcess = (
  rig: Rig,
  options: {
    readonly name: string;
    readonly argv: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
  },
): void => {
  const [path = '', ...args] = options.argv;
  for (const folder of ['pids', 'logs']) mkdirSync(join(rig.folder, folder), { recursive: true });
  const log = openSync(logOf(rig, options.name), 'a');
  const child = spawn(path, args, {
    cwd: rig.folder,
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: process.env['PATH'], HOME: rig.folder, ...options.environment },
  });
  closeSync(log);
  // Its log and its pid file say that it did not start; the caller waits for it to be ready.
  child.on('error', () => {});
  child.unref();
  if (child.pid !== undefined) {
    writeFileSync(pidFile(rig, options.name), `${child.pid} ${ticksOf(child.pid) ?? ''}`);
  }
};

/** Ends it: SIGTERM, and SIGKILL when it has not ended after `graceMs`. Resolves when it is gone. */
export const stopProcess = async (
  rig: Rig,
  {
    name,
    signal = 'SIGTERM',
    graceMs = 10_000,
  }: { readonly name: string; readonly signal?: NodeJS.Signals; readonly graceMs?: number },
): Promise<void> => {
  const pid = runningPid(rig, name);
  if (pid !== undefined) {
    process.kill(pid, signal);
    for (let waited = 0; runningPid(rig, name) !== undefined; waited += 20) {
      if (waited === graceMs) process.kill(pid, 'SIGKILL');
      await setTimeout(20);
    }
  }
  endGroup(rig, name);
  rmSync(pidFile(rig, name), { force: true });
};

/** Ends children that have outlived it, such as those of fcgiwrap: each program leads a group of its own. */
const endGroup = (rig: Rig, name: string): void => {
  const pid = recorded(rig, name)?.pid;
  // The number may be somebody else's by now; while a group has it, no new process gets it.
  if (pid === undefined || ticksOf(pid) !== undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // None has.
  }
};

/** Names of all that were started and not stopped, in the order of their start. */
export const startedProcesses = (rig: Rig): readonly string[] => {
  try {
    const names = readdirSync(join(rig.folder, 'pids'));
    const when = (name: string): number => Number(recorded(rig, name)?.ticks ?? 0);
    return names.toSorted((a, b) => when(a) - when(b));
  } catch {
    return [];
  }
};
