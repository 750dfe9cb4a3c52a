import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubeconfig } from '../components/api-server.ts';
import { PROMETHEUS } from '../components/prometheus.ts';
import { startComponent } from '../rig/component.ts';
import { kubectl } from '../rig/kubectl.ts';
import { logOf, runningPid, stopProcess } from '../rig/processes.ts';
import type { Rig } from '../rig/rig.ts';

/** The program as it is shipped; the runner has bundled it. */
export const BUNDLE = join(import.meta.dirname, '..', '..', '..', 'dist', 'serin.mjs');

export type SerinOptions = {
  /** Of the process; its log has it too. */
  readonly name: string;
  readonly port: number;
  /** Whose rights it has, and no others. */
  readonly account: { readonly namespace: string; readonly name: string };
  /** More flags. */
  readonly flags?: readonly string[];
};

/** A controller as a process of its own, with a ServiceAccount's token. */
export type Serin = {
  readonly name: string;
  /** As the audit log names it. */
  readonly user: string;
  /** Resolves when its caches are filled. */
  readonly start: () => Promise<void>;
  /** SIGTERM lets it drain, SIGKILL does not. Resolves when it is gone. */
  readonly end: (signal: 'SIGTERM' | 'SIGKILL') => Promise<void>;
  readonly running: () => boolean;
  /** Process number while it runs. */
  readonly pid: () => number | undefined;
  readonly log: () => string;
  /** Its own metrics, as Prometheus would get them. */
  readonly metrics: () => Promise<string>;
};

export const aSerin = async (rig: Rig, options: SerinOptions): Promise<Serin> => {
  const { name, port, account } = options;
  const folder = join(rig.folder, name);
  mkdirSync(join(folder, 'git'), { recursive: true });
  const config = join(folder, 'kubeconfig');
  const token = await kubectl(rig, ['create', 'token', account.name, '-n', account.namespace, '--duration=24h']);
  writeFileSync(config, kubeconfig(rig, token.trim()), { mode: 0o600 });
  const url = `http://127.0.0.1:${port}`;
  const start = (): Promise<void> =>
    startComponent(rig, {
      name,
      argv: () => [
        process.execPath,
        '--enable-source-maps',
        BUNDLE,
        'controller',
        `--kubeconfig=${config}`,
        `--metrics-server=${PROMETHEUS}`,
        `--git-directory=${join(folder, 'git')}`,
        `--lease-namespace=${account.namespace}`,
        `--port=${port}`,
        ...(options.flags ?? []),
      ],
      // The Git server of the rig speaks plain HTTP.
      environment: () => ({ SERIN_GIT_INSECURE: 'true' }),
      ready: async () => (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) })).status === 200,
    });
  return {
    name,
    user: `system:serviceaccount:${account.namespace}:${account.name}`,
    start,
    end: (signal) => stopProcess(rig, { name, signal, graceMs: 20_000 }),
    running: () => runningPid(rig, name) !== undefined,
    pid: () => runningPid(rig, name),
    log: () => (existsSync(logOf(rig, name)) ? readFileSync(logOf(rig, name), 'utf8') : ''),
    metrics: async () => (await fetch(`${url}/metrics`)).text(),
  };
};
