import { Gauge, type Registry } from 'prom-client';
import { type CanaryMetrics, canaryMetrics } from './canary-metrics.ts';

/**
 * The metrics of each Canary under Serin's own name, with the limits that its values are held against and how its last
 * run ended. Times come without buckets: with many Canaries they would be most of what is told, and
 * `serin_reconcile_seconds` has some for all.
 */
export const serinMetrics = (
  registry: Registry,
  { total }: { readonly total: () => ReadonlyMap<string, number> },
): CanaryMetrics => {
  const registers = [registry];
  const limit = new Gauge({
    name: 'serin_canary_metric_threshold',
    help: 'Limit of each metric that a Canary is judged by: bound is min or max',
    labelNames: ['name', 'namespace', 'metric', 'bound'],
    registers,
  });
  const outcome = new Gauge({
    name: 'serin_canary_last_outcome',
    help: 'How the last run of a Canary ended and why; always 1',
    labelNames: ['name', 'namespace', 'outcome', 'cause'],
    registers,
  });
  return canaryMetrics(
    {
      prefix: 'serin',
      name: ({ name }) => name,
      weight: ({ namespace, name, target }) => ({
        primary: { name, namespace, workload: `${target}-primary` },
        canary: { name, namespace, workload: `${target}-canary` },
      }),
      weightLabels: ['name', 'namespace', 'workload'],
      buckets: [],
    },
    {
      registry,
      total,
      more: ({ metrics, last }, labels) => [
        ...metrics.flatMap(({ name: metric, min, max }) => [
          { gauge: limit, labels: { ...labels, metric, bound: 'min' }, value: min },
          { gauge: limit, labels: { ...labels, metric, bound: 'max' }, value: max },
        ]),
        ...(last === undefined
          ? []
          : [{ gauge: outcome, labels: { ...labels, outcome: last.outcome, cause: last.cause ?? '' }, value: 1 }]),
      ],
    },
  );
};
