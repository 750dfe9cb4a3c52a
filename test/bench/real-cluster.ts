import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type CanaryStatus, parseCanaryStatus } from '#src/api/canary-status.ts';
import { systemClock } from '#src/lib/clock.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { seededRandom } from '#src/lib/random.ts';
import { serveHttp } from '#src/sandbox/api/http-server.ts';
import { kubeconfig } from '#src/sandbox/api/kubeconfig.ts';
import { type Cluster, startCluster } from '#src/sandbox/cluster.ts';
import { BareRepository } from '#src/sandbox/git/bare-repository.ts';
import { GitServer } from '#src/sandbox/git/git-server.ts';
import { type Load, overHttp, startLoad } from '#src/sandbox/load/start-load.ts';
import { servePrometheus } from '#src/sandbox/prometheus/server.ts';
import { type ImageBehaviour, ImageCatalogue } from '#src/sandbox/workloads/image-catalogue.ts';
import { canaryRef } from '#test/harness/a-world.ts';
import { aRepository, aSecret, HOST } from '#test/harness/manifests.ts';

const REQUESTS_PER_SECOND = 50;
const SCRAPE_INTERVAL_MS = 1000;
const LOOK_MS = 5;
const TOKEN = 'serin-token';
const LOGIN = { username: 'serin', password: 'bench' };

/** The sandbox in real time, with everything that a controller in another process needs to reach on loopback. */
export type RealCluster = {
  readonly cluster: Cluster;
  readonly repository: BareRepository;
  readonly git: GitServer;
  readonly load: Load;
  /** What a controller is started with, so that it finds all this. */
  readonly controller: {
    readonly flags: readonly string[];
    readonly environment: Readonly<Record<string, string>>;
  };
  readonly apply: (object: KubeObject) => void;
  readonly canary: (name?: string) => CanaryStatus;
  /** Resolves when `done` holds; rejects after half a minute. */
  readonly until: (what: string, done: () => boolean) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/**
 * Starts it with the namespace `shop`, in it the Repository `config`, which is empty. Everything on disk is in one
 * temporary folder.
 */
export const startRealCluster = async (images: Readonly<Record<string, ImageBehaviour>>): Promise<RealCluster> => {
  const clock = systemClock;
  const folder = await mkdtemp(join(tmpdir(), 'serin-bench-'));
  const [home, mirrors] = [join(folder, 'home'), join(folder, 'mirrors')];
  await Promise.all([mkdir(home), mkdir(mirrors)]);
  const cluster = startCluster({
    clock,
    random: seededRandom(7),
    catalogue: new ImageCatalogue(images),
    listen: true,
    scrapeIntervalMs: SCRAPE_INTERVAL_MS,
  });
  const apply = (object: KubeObject): void => void cluster.api.write(object, { manager: 'kubectl' });
  for (const name of ['shop', 'serin-system']) apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const searchPath = process.env['PATH'] ?? '/usr/bin:/bin';
  const settings = { clock, searchPath, home, allowInsecure: true };
  const repository = await BareRepository.create(settings, { parent: folder, name: 'config' });
  const git = await GitServer.start({ settings, folder, login: LOGIN });
  apply(aSecret('config-git', LOGIN));
  apply(aRepository({ url: git.url('config') }));
  const prometheus = await servePrometheus({ store: cluster.series, clock });
  const api = await serveHttp(cluster.api, { tokens: { [TOKEN]: 'serin' } });
  const config = join(folder, 'kubeconfig');
  await writeFile(config, kubeconfig(api.url, TOKEN));
  const gateway = await cluster.gateway.listen();
  const client = overHttp(Number(new URL(gateway.url).port));
  const load = startLoad({ clock, requestsPerSecond: REQUESTS_PER_SECOND, send: client.send, host: HOST });
  return {
    cluster,
    repository,
    git,
    load,
    controller: {
      flags: ['--kubeconfig', config, '--metrics-server', prometheus.address, '--git-directory', mirrors],
      environment: { PATH: searchPath, HOME: home, SERIN_GIT_INSECURE: 'true' },
    },
    apply,
    canary: (name) => parseCanaryStatus(cluster.api.read(canaryRef(name))?.['status']),
    until: async (what, done) => {
      const deadline = clock.monotonic() + 30_000;
      while (!done()) {
        if (clock.monotonic() > deadline) throw new Error(`Cannot go on: after 30 s still no ${what}`);
        await setTimeout(LOOK_MS);
      }
    },
    stop: async () => {
      await load.stop();
      client.close();
      await api.close();
      await prometheus.close();
      await git.stop();
      await cluster.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
