import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isRecord, type JsonRecord, numberAt } from '#src/lib/json.ts';
import { until } from '../world/until.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** `serin controller` as a process, with what it logs and serves. */
export type ControllerProcess = {
  readonly lines: readonly JsonRecord[];
  /** How often it has said this. */
  readonly told: (msg: string) => number;
  readonly ready: () => Promise<{ readonly status: number; readonly lines: readonly string[] }>;
  readonly metrics: () => Promise<string>;
  readonly isAlive: () => boolean;
  readonly stop: () => Promise<void>;
};

/** Starts it with a token of its own. */
export const startControllerProcess = async (options: {
  readonly server: string;
  readonly token: string;
  readonly flags: readonly string[];
}): Promise<ControllerProcess> => {
  const folder = mkdtempSync(join(tmpdir(), 'serin-bad-input-'));
  const path = join(folder, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: options.server } }],
    users: [{ name: 'u', user: { token: options.token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
  const flags = [`--kubeconfig=${path}`, '--port=0', ...options.flags];
  const child: ChildProcess = spawn(process.execPath, [join(ROOT, 'src', 'main.ts'), 'controller', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const lines: JsonRecord[] = [];
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line: unknown = JSON.parse(text);
      if (isRecord(line)) lines.push(line);
    });
  }
  const port = await until(
    'port',
    () =>
      numberAt(
        lines.find(({ msg }) => msg === 'started'),
        'port',
      ),
    20_000,
  );
  const get = (name: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/${name}`, { signal: AbortSignal.timeout(2_000) });
  return {
    lines,
    told: (msg) => lines.filter((line) => line['msg'] === msg).length,
    ready: async () => {
      const answer = await get('readyz');
      return { status: answer.status, lines: (await answer.text()).trim().split('\n') };
    },
    metrics: async () => (await get('metrics')).text(),
    isAlive: () => child.exitCode === null && child.signalCode === null,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
};
