import { spawn } from 'node:child_process';
import type { Rig } from './rig.ts';

/** Runs this project's Node in the rig's network namespace, on this terminal; resolves with its exit code. */
export const runInside = (
  rig: Rig,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn('ip', ['netns', 'exec', rig.name, process.execPath, ...args], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...environment },
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
