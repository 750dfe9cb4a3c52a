import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { kubeconfigOf, PORTS, type Rig } from './rig/rig.ts';

export type Ended = { readonly file: string; readonly code: number; readonly seconds: number };

/** Runs one test file in a cluster and prints how it went; everything that it printed, when it failed. */
export const runTests = (
  rig: Rig,
  options: { readonly file: string; readonly reports: string; readonly write: (text: string) => void },
): Promise<Ended> =>
  new Promise((resolve) => {
    const { file, reports, write } = options;
    const start = performance.now();
    const node = [process.execPath, '--test', '--test-isolation=none', '--test-reporter=spec', file];
    const child = spawn('ip', ['netns', 'exec', rig.name, ...node], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        KUBECONFIG: kubeconfigOf(rig, 'admin'),
        SERIN_CLUSTER: rig.name,
        SERIN_CLUSTER_BIN: rig.bin,
        SERIN_CLUSTER_ETCD: `http://127.0.0.1:${PORTS.etcd}`,
        SERIN_CLUSTER_REPORT: join(reports, 'cluster.json'),
        SERIN_CONFORMANCE_REPORT: join(reports, 'conformance.json'),
        SERIN_VERIFIED: join(reports, 'verified.jsonl'),
        FORCE_COLOR: process.stdout.isTTY ? '1' : '0',
      },
    });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('close', (code) => {
      const seconds = (performance.now() - start) / 1000;
      const text = Buffer.concat(output).toString();
      const [, passed = '?'] = /^. pass (\d+)$/m.exec(text) ?? [];
      write(`${code === 0 ? '✔' : '✖'} ${file}: ${passed} passed (${seconds.toFixed(1)} s)\n`);
      // A test that is left out says why, whatever became of the rest.
      for (const line of text.split('\n')) if (/# SKIP/.test(line)) write(`${line}\n`);
      if (code !== 0) write(`${text}\n`);
      resolve({ file, code: code ?? 1, seconds });
    });
  });
