import { Gauge, type Registry } from 'prom-client';
import { type CanaryMetrics, canaryMetrics } from './canary-metrics.ts';

/**
 * The metrics that Flagger has, for its dashboards and alerts, about the Canaries of Flagger's that Serin runs: `name` is
 * the target, whose own name is the workload that gets what the canary gets.
 */
export const flaggerMetrics = (
  registry: Registry,
  {
    version,
    meshProvider,
    total,
  }: { readonly version: string; readonly meshProvider: string; readonly total: () => ReadonlyMap<string, number> },
): CanaryMetrics => {
  new Gauge({
    name: 'flagger_info',
    help: 'Version of the controller and data plane of Canaries that name none',
    labelNames: ['version', 'mesh_provider'],
    registers: [registry],
  }).set({ version, mesh_provider: meshProvider }, 1);
  return canaryMetrics(
    {
      prefix: 'flagger',
      name: ({ target }) => target,
      weight: ({ namespace, target }) => ({
        primary: { workload: `${target}-primary`, namespace },
        canary: { workload: target, namespace },
      }),
      weightLabels: ['workload', 'namespace'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    },
    { registry, total },
  );
};
