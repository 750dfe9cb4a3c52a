import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { stringAt } from '#src/lib/json.ts';
import type { Owner } from '#test/harness/release.ts';
import { buildLoadTester } from '../parts/load-tester.ts';

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });

/** Flagger's load tester, on a port of loopback until the test ends. */
export type LoadTester = {
  /** `http://127.0.0.1:…`, without a path. */
  readonly url: string;
  /** Its log lines' messages, oldest first. */
  readonly said: () => readonly string[];
};

const answers = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/healthz`)).ok;
  } catch {
    return false;
  }
};

const messageIn = (line: string): readonly string[] => {
  try {
    return [stringAt(JSON.parse(line), 'msg') ?? ''];
  } catch {
    return [];
  }
};

export const startLoadTester = async (owner: Owner): Promise<LoadTester> => {
  const program = await buildLoadTester();
  const port = await freePort();
  const child = spawn(program, ['-port', String(port)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  owner.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; !(await answers(url)); attempt++) {
    if (attempt === 200) throw new Error(`Cannot reach the load tester: nothing at ${url} after 20 s:\n${log}`);
    await setTimeout(100);
  }
  return { url, said: () => log.split('\n').flatMap(messageIn) };
};
