import { RESOURCES } from '../kube/resources.ts';
import type { Clock } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';
import { SandboxApi } from './api/sandbox-api.ts';
import { type ControlPlanes, type Gateway, type GatewayTimings, startGateway } from './gateway/start-gateway.ts';
import { PodNetwork } from './network/pod-network.ts';
import { queryValue } from './prometheus/query-value.ts';
import { Scraper } from './prometheus/scraper.ts';
import { SeriesStore } from './prometheus/series-store.ts';
import type { ImageCatalogue } from './workloads/image-catalogue.ts';
import { startWorkloads, type WorkloadTimings } from './workloads/start-workloads.ts';

export type ClusterOptions = {
  readonly clock: Clock;
  readonly random: Random;
  readonly catalogue: ImageCatalogue;
  /** Real servers on loopback for pods and gateway; otherwise everything stays in the process. */
  readonly listen: boolean;
  readonly scrapeIntervalMs: number;
  readonly timings?: Partial<WorkloadTimings & GatewayTimings>;
  /** What App Mesh and Gloo say of their objects; by default they take everything that is right. */
  readonly controlPlanes?: ControlPlanes;
  /** False for a cluster that lacks the validation of our CRDs. @default true */
  readonly admitsSerin?: boolean;
};

/** The embedded cluster without Git: API server, workloads, a gateway, and a Prometheus that scrapes it. */
export type Cluster = {
  readonly api: SandboxApi;
  readonly network: PodNetwork;
  readonly gateway: Gateway;
  readonly series: SeriesStore;
  readonly scraper: Scraper;
  readonly stop: () => Promise<void>;
};

/** Namespace and name of the Gateway that the cluster has from the start, with one listener `web`. */
export const GATEWAY = { namespace: 'gateways', name: 'edge' } as const;

/** Starts a cluster with one Gateway; Flux's Kustomization is served too. */
export const startCluster = (options: ClusterOptions): Cluster => {
  const { clock, random, catalogue, listen, scrapeIntervalMs, timings = {}, admitsSerin = true } = options;
  const { controlPlanes = {} } = options;
  const api = new SandboxApi({ clock, random, admitsSerin });
  api.register(RESOURCES.kustomization);
  const network = new PodNetwork({ listen });
  const series = new SeriesStore();
  const query = (text: string): number | undefined => queryValue(text, { store: series, time: clock.now() });
  const stopWorkloads = startWorkloads({ backend: api, random, catalogue, network, timings, query });
  const gateway = startGateway({ backend: api, random, network, timings, controlPlanes });
  addGateway(api);
  const scraper = new Scraper({ store: series, clock, intervalMs: scrapeIntervalMs });
  scraper.add({ job: 'gateway', instance: 'edge', read: async () => gateway.metrics() });
  return {
    api,
    network,
    gateway,
    series,
    scraper,
    stop: async () => {
      scraper.close();
      stopWorkloads();
      await gateway.stop();
      await network.close();
      api.close();
    },
  };
};

const addGateway = (api: SandboxApi): void => {
  const manager = { manager: 'sandbox' };
  const gatewayApi = 'gateway.networking.k8s.io/v1';
  api.write({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: GATEWAY.namespace } }, manager);
  api.write(
    {
      apiVersion: gatewayApi,
      kind: 'GatewayClass',
      metadata: { name: 'sandbox' },
      spec: { controllerName: 'traefik.io/gateway-controller' },
    },
    manager,
  );
  api.write(
    {
      apiVersion: gatewayApi,
      kind: 'Gateway',
      metadata: { ...GATEWAY },
      spec: {
        gatewayClassName: 'sandbox',
        listeners: [{ name: 'web', port: 8000, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } }],
      },
    },
    manager,
  );
};
