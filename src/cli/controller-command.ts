import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { Prometheus } from '../analysis/prometheus.ts';
import { QueryPlanner } from '../analysis/query-planner.ts';
import { type Config, type ConfigInput, readConfig } from '../config.ts';
import { Controller } from '../controller/controller.ts';
import { istiodAt } from '../controller/istiod.ts';
import { GitEngine } from '../git/engine.ts';
import { HookCaller } from '../hooks/call-hook.ts';
import type { Transport } from '../kube/transport.ts';
import { ALWAYS_DENIED, denyList } from '../lib/deny-list.ts';
import { isRecord } from '../lib/json.ts';
import { messageOf } from '../lib/message-of.ts';
import { Notifier } from '../notify/notifier.ts';
import { serveHealth } from '../server/health-server.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { CliError, EXIT } from './exit-code.ts';
import { openTransport } from './kube-session.ts';
import type { Surroundings } from './surroundings.ts';
import { VERSION } from './version.ts';

type Flags = ConfigInput & { readonly config?: string };

const readFileConfig = async (path: string | undefined): Promise<ConfigInput | undefined> => {
  if (path === undefined) return undefined;
  try {
    const content = load(await readFile(path, 'utf8'));
    if (!isRecord(content)) throw new TypeError('want a mapping of settings');
    return content;
  } catch (cause) {
    throw new CliError(`Cannot read ${path}: ${messageOf(cause)}`, { exitCode: EXIT.usage, cause });
  }
};

export type Running = {
  readonly controller: Controller;
  /** Port of /healthz, /readyz and /metrics. */
  readonly port: number;
  /** Drains and closes everything. */
  readonly stop: () => Promise<void>;
};

/** Puts the controller together and starts it. */
export const startController = async (options: {
  readonly config: Config;
  readonly transport: Transport;
  readonly surroundings: Pick<Surroundings, 'clock' | 'random' | 'environment' | 'hostname' | 'pid'>;
  readonly log: Log;
}): Promise<Running> => {
  const { config, transport, log } = options;
  const { clock, random, environment, hostname, pid } = options.surroundings;
  const metrics = createMetrics(VERSION, {
    flagger: config.watchFlagger ? { meshProvider: config.flaggerMeshProvider ?? '' } : undefined,
  });
  const folder = config.gitDirectory ?? (await mkdtemp(join(tmpdir(), 'serin-')));
  const removeFolder = async (): Promise<void> => {
    if (config.gitDirectory === undefined) await rm(folder, { recursive: true, force: true });
  };
  const prometheus = new Prometheus();
  const planner = new QueryPlanner({ ask: prometheus.ask, clock });
  const git = new GitEngine({
    clock,
    random,
    folder,
    allowInsecure: config.gitInsecure,
    ...(environment['PATH'] === undefined ? {} : { searchPath: environment['PATH'] }),
  });
  const deny = denyList({ deny: [...ALWAYS_DENIED, ...config.denyCalls], allow: config.allowCalls });
  const hooks = new HookCaller({ clock, deny });
  const notifier = new Notifier({ clock, deny });
  const controller = new Controller({
    transport,
    clock,
    random,
    config,
    log,
    metrics,
    identity: `${hostname}_${pid}_${random().toString(36).slice(2, 10)}`,
    outside: {
      ask: planner.ask,
      git,
      deliver: notifier.deliver,
      callHook: hooks.call,
      gitInsecure: config.gitInsecure,
      istiod:
        config.istiod === undefined ? undefined : istiodAt(config.istiod, { tokenFile: config.istiodTokenFile, clock }),
    },
  });
  const health = await serveHealth({ port: config.port, readiness: () => controller.readiness(), metrics }).catch(
    async (cause) => {
      await removeFolder();
      throw cause;
    },
  );
  controller.start();
  log.info({ version: VERSION, port: health.port, namespace: config.namespace ?? '(all)' }, 'started');
  const stop = async (): Promise<void> => {
    await controller.stop();
    await git.close();
    prometheus.close();
    await notifier.close();
    await hooks.close();
    await health.close();
    await transport.close();
    await removeFolder();
  };
  return { controller, port: health.port, stop };
};

/** `serin controller`: runs until a signal, then drains. */
export const controllerCommand = async (surroundings: Surroundings, flags: Flags): Promise<void> => {
  const { config: path, ...settings } = flags;
  // commander gives --no-leader-elect a default of true, which would win over variable and file.
  const given = settings.leaderElect === true ? { ...settings, leaderElect: undefined } : settings;
  const config = read(await readFileConfig(path), given, surroundings);
  const log = createLog({ level: config.logLevel, now: surroundings.clock.now });
  const transport = await openTransport(
    config.kubeconfig === undefined ? { from: 'default' } : { from: 'file', path: config.kubeconfig },
    surroundings.clock,
  );
  const running = await startController({ config, transport, surroundings, log });
  const stopped = Promise.withResolvers<void>();
  surroundings.signal.addEventListener('abort', () => stopped.resolve(), { once: true });
  if (surroundings.signal.aborted) stopped.resolve();
  await stopped.promise;
  log.info({ signal: String(surroundings.signal.reason) }, 'draining');
  await running.stop();
};

const read = (file: ConfigInput | undefined, flags: ConfigInput, { environment }: Surroundings): Config => {
  try {
    return readConfig({ file, environment, flags });
  } catch (cause) {
    const hint = 'A setting such as metricsServer is the flag --metrics-server and the variable SERIN_METRICS_SERVER.';
    throw new CliError(messageOf(cause), { exitCode: EXIT.usage, hint, cause });
  }
};
