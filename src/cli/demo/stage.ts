import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CanaryStatus, parseCanaryStatus } from '../../api/canary-status.ts';
import { readConfig } from '../../config.ts';
import { createHttpTransport } from '../../kube/http-transport.ts';
import { loadKubeConfig } from '../../kube/load-kube-config.ts';
import type { Cancel } from '../../lib/clock.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { messageOf } from '../../lib/message-of.ts';
import { sleep } from '../../lib/sleep.ts';
import { serveHttp } from '../../sandbox/api/http-server.ts';
import { inProcessTransport } from '../../sandbox/api/in-process-transport.ts';
import { kubeconfig } from '../../sandbox/api/kubeconfig.ts';
import { type Cluster, startCluster } from '../../sandbox/cluster.ts';
import { BareRepository } from '../../sandbox/git/bare-repository.ts';
import { GitServer } from '../../sandbox/git/git-server.ts';
import { GitOpsAgent } from '../../sandbox/gitops/gitops-agent.ts';
import { type Load, overHttp, startLoad } from '../../sandbox/load/start-load.ts';
import { servePrometheus } from '../../sandbox/prometheus/server.ts';
import { ImageCatalogue } from '../../sandbox/workloads/image-catalogue.ts';
import type { Log } from '../../telemetry/log.ts';
import { type Running, startController } from '../controller-command.ts';
import type { Surroundings } from '../surroundings.ts';
import { APP, DEMO_IMAGES, HOST, NAMESPACE } from './manifests.ts';
import { platformObjects } from './platform.ts';
import { type Received, type Receiver, startReceiver } from './receiver.ts';

const REQUESTS_PER_SECOND = 50;
const SCRAPE_INTERVAL_MS = 1000;
const LOOK_MS = 50;
const DEVELOPER = { name: 'Jane Doe', email: 'jane@example.com' };
const LOGIN = { username: 'serin', password: 'demo-password' };

/** Everything that the story plays on: the embedded cluster, its users, and the controller. */
export type Stage = {
  readonly cluster: Cluster;
  readonly repository: BareRepository;
  readonly load: Load;
  readonly receiver: Receiver;
  /** Pushes files as the team's developer; resolves with the commit. */
  readonly push: (message: string, files: Readonly<Record<string, string>>) => Promise<string>;
  readonly canary: () => CanaryStatus;
  /** Resolves as soon as `done` holds; rejects after `limitMs`, or when the user has had enough. */
  readonly until: (what: string, done: () => boolean, limitMs?: number) => Promise<void>;
  readonly onChange: (listener: (object: KubeObject) => void) => Cancel;
  /** Ends everything and removes the temporary folder. */
  readonly close: () => Promise<void>;
};

/** Sets the stage on loopback ports, with everything on disk in one temporary folder. */
export const setStage = async (
  surroundings: Surroundings,
  options: { readonly log: Log; readonly onMessage: (message: Received) => void },
): Promise<Stage> => {
  const { clock, random, environment, signal, atExit } = surroundings;
  const closers: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const closer of closers.splice(0).toReversed()) {
      try {
        await closer();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, `Cannot clear the stage: ${failures.map(messageOf)}`);
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'serin-demo-'));
    const removal = { recursive: true, force: true, maxRetries: 5 };
    // Also when somebody is too impatient to wait for the rest.
    const forget = atExit(() => rmSync(folder, removal));
    closers.push(async () => {
      await rm(folder, removal);
      forget();
    });
    const [home, mirrors] = [join(folder, 'home'), join(folder, 'mirrors')];
    await Promise.all([mkdir(home), mkdir(mirrors)]);

    const catalogue = new ImageCatalogue(DEMO_IMAGES);
    const cluster = startCluster({ clock, random, catalogue, listen: true, scrapeIntervalMs: SCRAPE_INTERVAL_MS });
    closers.push(cluster.stop);
    const prometheus = await servePrometheus({ store: cluster.series, clock });
    closers.push(prometheus.close);
    const gateway = await cluster.gateway.listen();

    const settings = { clock, searchPath: environment['PATH'] ?? '/usr/bin:/bin', home, allowInsecure: true };
    const repository = await BareRepository.create(settings, { parent: folder, name: 'config' });
    const gitServer = await GitServer.start({ settings, folder, login: LOGIN });
    closers.push(() => gitServer.stop());

    const receiver = await startReceiver(options.onMessage);
    closers.push(receiver.close);
    for (const object of platformObjects({ repositoryUrl: gitServer.url('config'), login: LOGIN, receiver })) {
      cluster.api.write(object, { manager: 'platform-team' });
    }

    const agent = new GitOpsAgent({
      source: repository,
      transport: inProcessTransport(cluster.api, { user: 'flux' }),
      clock,
      path: 'apps',
      name: 'apps',
      namespace: 'flux-system',
      intervalMs: 1000,
    });
    agent.start();
    closers.push(() => agent.stop());

    const tokens = { 'serin-token': 'system:serviceaccount:serin-system:serin' };
    const api = await serveHttp(cluster.api, { tokens });
    closers.push(api.close);
    const path = join(folder, 'kubeconfig');
    await writeFile(path, kubeconfig(api.url, 'serin-token'));
    const running: Running = await startController({
      config: readConfig({
        environment: {},
        flags: {
          metricsServer: prometheus.address,
          cluster: 'demo',
          port: 0,
          gitInsecure: true,
          // Its receiver of messages.
          allowCalls: '127.0.0.0/8',
          gitDirectory: mirrors,
        },
      }),
      transport: createHttpTransport({ auth: await loadKubeConfig({ from: 'file', path }), clock }),
      surroundings,
      log: options.log,
    });
    closers.push(running.stop);

    const client = overHttp(Number(new URL(gateway.url).port));
    const load = startLoad({ clock, requestsPerSecond: REQUESTS_PER_SECOND, send: client.send, host: HOST });
    closers.push(async () => {
      await load.stop();
      client.close();
    });

    const onChange = (listener: (object: KubeObject) => void): Cancel =>
      cluster.api.subscribe(({ object }) => listener(object));
    const until = async (what: string, done: () => boolean, limitMs = 60_000): Promise<void> => {
      const deadline = clock.monotonic() + limitMs;
      while (!done()) {
        if (signal.aborted) throw new Error('interrupted');
        if (clock.monotonic() > deadline) {
          throw new Error(`Cannot go on with the story: after ${limitMs / 1000} s still no ${what}`);
        }
        await sleep(clock, LOOK_MS, signal);
      }
    };

    return {
      cluster,
      repository,
      load,
      receiver,
      push: (message, files) => repository.commitFiles({ files, message, author: DEVELOPER }),
      canary: () =>
        parseCanaryStatus(
          cluster.api.read({ apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', namespace: NAMESPACE, name: APP })?.[
            'status'
          ],
        ),
      until,
      onChange,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
