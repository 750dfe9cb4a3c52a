import { Prometheus } from '#src/analysis/prometheus.ts';
import { QueryPlanner } from '#src/analysis/query-planner.ts';
import type { CanarySpecInput } from '#src/api/canary.ts';
import { parseCanaryStatus } from '#src/api/canary-status.ts';
import { readConfig } from '#src/config.ts';
import { Controller } from '#src/controller/controller.ts';
import type { OutcomeWriter } from '#src/git/engine.ts';
import type { Transport } from '#src/kube/transport.ts';
import type { KubeObject, ObjectRef } from '#src/lib/kube-object.ts';
import { seededRandom } from '#src/lib/random.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import type { Message } from '#src/rollout/effect.ts';
import { inProcessTransport } from '#src/sandbox/api/in-process-transport.ts';
import { type Cluster, GATEWAY, startCluster } from '#src/sandbox/cluster.ts';
import { type Load, startLoad } from '#src/sandbox/load/start-load.ts';
import { prometheusExchange } from '#src/sandbox/prometheus/in-process.ts';
import { type ImageBehaviour, ImageCatalogue } from '#src/sandbox/workloads/image-catalogue.ts';
import { createLog } from '#src/telemetry/log.ts';
import { createMetrics } from '#src/telemetry/metrics.ts';

/** Images that the tests release. */
export const IMAGES: Readonly<Record<string, ImageBehaviour>> = {
  'podinfo:6.0.0': {},
  'podinfo:6.1.0': {},
  'podinfo:6.2.0': {},
  'podinfo:6.9.0-bad': { errorRate: 0.5 },
};

export const HOST = 'podinfo.example.com';

/** A whole cluster with the controller in it, in virtual time. */
export type World = {
  readonly clock: VirtualClock;
  readonly cluster: Cluster;
  readonly load: Load;
  readonly messages: Message[];
  readonly startController: (options?: { readonly transport?: Transport; readonly git?: OutcomeWriter }) => Controller;
  /** Creates or replaces an object as a person would. */
  readonly apply: (object: KubeObject) => void;
  readonly read: (ref: ObjectRef) => KubeObject | undefined;
  readonly canary: (name?: string) => ReturnType<typeof parseCanaryStatus>;
  readonly events: () => readonly string[];
  readonly stop: () => Promise<void>;
};

const noGit: OutcomeWriter = { commit: () => Promise.reject(new Error('no Git in this world')) };

export const aWorld = (options: { readonly rps?: number; readonly logLevel?: string } = {}): World => {
  const clock = new VirtualClock();
  const random = seededRandom(7);
  const catalogue = new ImageCatalogue(IMAGES);
  const cluster = startCluster({ clock, random, catalogue, listen: false, scrapeIntervalMs: 1000 });
  const manager = { manager: 'kubectl' };
  cluster.api.write({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }, manager);
  cluster.api.write({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'serin-system' } }, manager);
  const load = startLoad({ clock, requestsPerSecond: options.rps ?? 50, send: cluster.gateway.handle, host: HOST });
  const messages: Message[] = [];
  const prometheus = new Prometheus({ exchange: prometheusExchange({ store: cluster.series, clock }) });
  const planner = new QueryPlanner({ ask: prometheus.ask, clock });
  const controllers: Controller[] = [];
  let identity = 0;
  return {
    clock,
    cluster,
    load,
    messages,
    startController: ({ transport, git = noGit } = {}) => {
      const controller = new Controller({
        transport: transport ?? inProcessTransport(cluster.api, { user: 'serin' }),
        clock,
        random,
        config: readConfig({ environment: {}, flags: { leaderElect: false, cluster: 'test' } }),
        log: createLog({ level: options.logLevel ?? 'silent', now: clock.now }),
        metrics: createMetrics('test'),
        identity: `controller-${++identity}`,
        outside: {
          ask: planner.ask,
          git,
          gitInsecure: true,
          deliver: async (message) => {
            messages.push(message);
            return { delivered: true, detail: 'kept' };
          },
        },
        onLost: () => {},
      });
      controllers.push(controller);
      controller.start();
      return controller;
    },
    apply: (object) => void cluster.api.write(object, manager),
    read: cluster.api.read,
    canary: (name = 'podinfo') =>
      parseCanaryStatus(
        cluster.api.read({ apiVersion: 'serin.dev/v1alpha1', kind: 'Canary', namespace: 'shop', name })?.['status'],
      ),
    events: () =>
      cluster.api
        .list({ apiVersion: 'events.k8s.io/v1', kind: 'Event' })
        .map((event) => `${String(event['reason'])}: ${String(event['note'])}`),
    stop: async () => {
      for (const controller of controllers) void controller.stop();
      await clock.advance(20_000);
      void load.stop();
      void cluster.stop();
      await clock.settle();
    },
  };
};

export const aDeployment = (
  image: string,
  options: { readonly name?: string; readonly replicas?: number } = {},
): KubeObject => {
  const { name = 'podinfo', replicas } = options;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image, ports: [{ name: 'http', containerPort: 9898 }] }] },
      },
    },
  };
};

export const aService = (name = 'podinfo'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 9898 }] },
});

export const aCanary = (spec: Partial<CanarySpecInput> = {}, name = 'podinfo'): KubeObject => ({
  apiVersion: 'serin.dev/v1alpha1',
  kind: 'Canary',
  metadata: { name, namespace: 'shop' },
  spec: {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    service: { port: 80, targetPort: 9898, gatewayRefs: [GATEWAY], hosts: [HOST] },
    analysis: {
      interval: '5s',
      threshold: 2,
      stepWeights: [10, 50],
      metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }],
    },
    ...spec,
  },
});
