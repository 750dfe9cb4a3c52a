import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { type CanarySample, type EndSample, FLAGGER_STRATEGIES, keyOf, statusOf, successOf } from './canary-sample.ts';
import { HeldSeries, type Labels } from './held-series.ts';

/** How one family of metrics names a Canary and its workloads. */
export type Naming = {
  readonly prefix: 'serin' | 'flagger';
  /** Value of the label `name`. */
  readonly name: (canary: Pick<CanarySample, 'name' | 'target'>) => string;
  /** Labels of the weights of primary and canary. */
  readonly weight: (canary: CanarySample) => { readonly primary: Labels; readonly canary: Labels };
  readonly weightLabels: readonly string[];
  /** Of the time that was spent on a Canary. */
  readonly buckets: number[];
};

export type CanaryMetrics = {
  readonly sample: (canary: CanarySample) => void;
  readonly ended: (run: EndSample) => void;
  /** The time of one look at a Canary. */
  readonly looked: (canary: Pick<CanarySample, 'namespace' | 'name' | 'target'>, seconds: number) => void;
  readonly forget: (canary: Pick<CanarySample, 'namespace' | 'name'>) => void;
};

/** The metrics of each Canary under the suffixes that Flagger has, and what only one of the families has. */
export const canaryMetrics = (
  naming: Naming,
  {
    registry,
    total,
    more = () => [],
  }: {
    readonly registry: Registry;
    /** Namespaces of all Canaries, with their number; read when somebody scrapes. */
    readonly total: () => ReadonlyMap<string, number>;
    /** More gauges of a Canary. */
    readonly more?: (canary: CanarySample, labels: Labels) => Parameters<HeldSeries['tell']>[1];
  },
): CanaryMetrics => {
  const { prefix } = naming;
  const registers = [registry];
  const gauge = (name: string, help: string, labelNames: readonly string[]) =>
    new Gauge({ name: `${prefix}_canary_${name}`, help, labelNames: [...labelNames], registers });
  const status = gauge('status', 'Last status of a Canary: 0 running, 1 ok, 2 failed', ['name', 'namespace']);
  const weight = gauge('weight', 'Percent of the traffic that each workload gets', naming.weightLabels);
  const analysis = gauge('metric_analysis', 'Last value of each metric that was judged', [
    'name',
    'namespace',
    'metric',
  ]);
  const counter = (name: string, help: string) =>
    new Counter({
      name: `${prefix}_canary_${name}_total`,
      help,
      labelNames: ['name', 'namespace', 'deployment_strategy', 'analysis_status'],
      registers,
    });
  const successes = counter('successes', 'Runs that were promoted');
  const failures = counter('failures', 'Runs that were not');
  const duration = new Histogram({
    name: `${prefix}_canary_duration_seconds`,
    help: 'Time spent on one look at a Canary',
    labelNames: ['name', 'namespace'],
    buckets: naming.buckets,
    registers,
  });
  new Gauge({
    name: `${prefix}_canary_total`,
    help: 'Number of Canaries',
    labelNames: ['namespace'],
    registers,
    collect() {
      this.reset();
      for (const [namespace, count] of total()) this.set({ namespace }, count);
    },
  });
  const held = new HeldSeries();
  const labelsOf = (canary: Pick<CanarySample, 'namespace' | 'name' | 'target'>) => ({
    name: naming.name(canary),
    namespace: canary.namespace,
  });
  return {
    sample: (canary) => {
      const labels = labelsOf(canary);
      const sides = naming.weight(canary);
      held.tell(keyOf(canary), [
        { gauge: status, labels, value: statusOf(canary.phase) },
        { gauge: weight, labels: sides.primary, value: 100 - canary.weight },
        { gauge: weight, labels: sides.canary, value: canary.weight },
        ...canary.metrics.map(({ name, value }) => ({ gauge: analysis, labels: { ...labels, metric: name }, value })),
        ...more(canary, labels),
      ]);
    },
    ended: (run) => {
      const success = successOf(run.outcome);
      if (success === undefined) return;
      const labels = {
        ...labelsOf(run),
        deployment_strategy: FLAGGER_STRATEGIES[run.strategy],
        analysis_status: run.fast ? 'skipped' : 'completed',
      };
      const metric = success ? successes : failures;
      metric.inc(labels);
      held.lasting(keyOf(run), { metric, labels });
    },
    looked: (canary, seconds) => {
      const labels = labelsOf(canary);
      duration.observe(labels, seconds);
      held.lasting(keyOf(canary), { metric: duration, labels });
    },
    forget: (canary) => held.end(keyOf(canary)),
  };
};
