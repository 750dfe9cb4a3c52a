import { Prometheus } from '#src/analysis/prometheus.ts';
import type { CanarySpecInput } from '#src/api/canary.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { seededRandom } from '#src/lib/random.ts';
import { inProcessTransport } from '#src/sandbox/api/in-process-transport.ts';
import { GATEWAY } from '#src/sandbox/cluster.ts';
import { prometheusExchange } from '#src/sandbox/prometheus/in-process.ts';
import { aWorld, type World } from '#test/harness/a-world.ts';
import { aCanary, aDeployment, aService } from '#test/harness/manifests.ts';
import { startProcess } from '#test/harness/process.ts';
import { sumOf } from './sum-of.ts';

/** Canaries under one controller, in virtual time, all taken over. */
export type Fleet = {
  readonly world: World;
  readonly names: readonly string[];
  /** How often the controller has looked at one of them. */
  readonly reconciles: () => Promise<number>;
  /** Requests that have reached Prometheus. */
  readonly asked: () => number;
  readonly stop: () => Promise<void>;
};

export type FleetOptions = {
  readonly analysis?: CanarySpecInput['analysis'];
  /** Of each application; 1 unless told. */
  readonly replicas?: number;
  /** Requests a second to the first of them. */
  readonly requestsPerSecond?: number;
};

/** Who the controller is in the API server's audit. */
export const USER = 'serin';

/** The n-th Canary, from 0, and the name of everything that belongs to it. */
export const nameOf = (n: number): string => (n === 0 ? 'podinfo' : `podinfo-${n}`);

/** Deployment, Service and Canary of one application with a host of its own. */
export const anApplication = (
  name: string,
  { analysis, replicas = 1 }: Pick<FleetOptions, 'analysis' | 'replicas'> = {},
): readonly KubeObject[] => [
  aService(name),
  aDeployment('podinfo:6.0.0', { name, replicas }),
  aCanary(
    {
      ...(analysis === undefined ? {} : { analysis }),
      service: { port: 80, targetPort: 9898, gatewayRefs: [GATEWAY], hosts: [`${name}.example.com`] },
    },
    name,
  ),
];

/** Starts it; the first gets the load. */
export const aFleet = async (size: number, options: FleetOptions = {}): Promise<Fleet> => {
  const world = aWorld({ rps: options.requestsPerSecond ?? 1 });
  const { clock, cluster, git } = world;
  const prometheus = new Prometheus({ exchange: prometheusExchange({ store: cluster.series, clock }) });
  let asked = 0;
  const { metrics, kill } = startProcess({
    transport: inProcessTransport(cluster.api, { user: USER }),
    clock,
    random: seededRandom(11),
    identity: 'bench',
    outside: {
      ask: (...question) => {
        asked++;
        return prometheus.ask(...question);
      },
      git,
      callHook: async () => ({ passed: true, detail: 'HTTP 200' }),
      deliver: async () => ({ delivered: true, detail: 'dropped' }),
    },
  });
  const names = Array.from({ length: size }, (_, n) => nameOf(n));
  for (const name of names) for (const object of anApplication(name, options)) world.apply(object);
  await clock.until(() => names.every((name) => world.canary(name).phase === 'Initialized'), 120_000);
  // What belongs to the take-over ends: old pods, the target at rest.
  await clock.advance(60_000);
  return {
    world,
    names,
    reconciles: async () => sumOf(await metrics.text(), 'serin_reconcile_seconds_count'),
    asked: () => asked,
    stop: async () => {
      kill();
      await world.stop();
    },
  };
};
