import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { sameJson } from '../lib/json.ts';
import type { CanaryMetrics } from './canary-metrics.ts';
import { type CanarySample, type EndSample, keyOf } from './canary-sample.ts';
import { flaggerMetrics } from './flagger-metrics.ts';
import { serinMetrics } from './serin-metrics.ts';

export type ProblemSample = { readonly type: string; readonly about: string };

/** One Canary that there is, whatever is known of it. */
export type CanaryCount = { readonly namespace: string; readonly isShadow: boolean };

/** The controller's own metrics, in Prometheus' text format. Names keep Flagger's suffixes where the meaning is the same. */
export type Metrics = {
  readonly canary: (sample: CanarySample) => void;
  /** Ends the series of a Canary that is gone. */
  readonly forget: (canary: { readonly namespace: string; readonly name: string }) => void;
  readonly ended: (run: EndSample) => void;
  /** `canary` is `namespace/name`. */
  readonly reconciled: (
    canary: string,
    reconcile: { readonly seconds: number; readonly result: 'ok' | 'error' },
  ) => void;
  readonly effect: (effect: { readonly kind: string; readonly seconds: number; readonly result: string }) => void;
  readonly leading: (leading: boolean) => void;
  /** Values that are read when somebody scrapes. */
  readonly observe: (name: 'queue_depth' | 'effects_pending', read: () => number) => void;
  /** Every Canary that this process is to act for, read when somebody scrapes. */
  readonly canaries: (read: () => readonly CanaryCount[]) => void;
  /** What is wrong with the cluster, read when somebody scrapes. */
  readonly problems: (read: () => readonly ProblemSample[]) => void;
  readonly text: () => Promise<string>;
  readonly contentType: string;
};

/** With `flagger`, its metrics are told under its names too, about the Canaries that stand for those of Flagger's. */
export const createMetrics = (
  version: string,
  { flagger }: { readonly flagger?: { readonly meshProvider: string } | undefined } = {},
): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({ name: 'serin_info', help: 'Version of the controller', labelNames: ['version'], registers }).set(
    { version },
    1,
  );
  const runs = new Counter({
    name: 'serin_runs_total',
    help: 'Runs ended, by outcome and cause',
    labelNames: ['outcome', 'cause'],
    registers,
  });
  const reconciles = new Histogram({
    name: 'serin_reconcile_seconds',
    help: 'Time of one reconcile',
    labelNames: ['result'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  });
  const effects = new Histogram({
    name: 'serin_effect_seconds',
    help: 'Time of one measurement, commit, message or hook',
    labelNames: ['kind', 'result'],
    buckets: [0.01, 0.05, 0.2, 1, 5, 20, 60],
    registers,
  });
  const leader = new Gauge({ name: 'serin_leader', help: '1 while this process holds the lease', registers });
  let canaries = (): readonly CanaryCount[] => [];
  const totalOf = (counts: (canary: CanaryCount) => boolean) => (): ReadonlyMap<string, number> => {
    const total = new Map<string, number>();
    for (const canary of canaries())
      if (counts(canary)) total.set(canary.namespace, (total.get(canary.namespace) ?? 0) + 1);
    return total;
  };
  const own = serinMetrics(registry, { total: totalOf(() => true) });
  const flaggers =
    flagger && flaggerMetrics(registry, { version, ...flagger, total: totalOf(({ isShadow }) => isShadow) });
  const familiesOf = (isShadow: boolean): readonly CanaryMetrics[] =>
    flaggers !== undefined && isShadow ? [own, flaggers] : [own];
  /** Canaries that have series, with what the names of their series are made of. */
  const known = new Map<string, CanarySample>();
  return {
    canary: (sample) => {
      if (sameJson(known.get(keyOf(sample)), sample)) return;
      known.set(keyOf(sample), sample);
      for (const family of familiesOf(sample.isShadow)) family.sample(sample);
    },
    forget: (canary) => {
      known.delete(keyOf(canary));
      own.forget(canary);
      flaggers?.forget(canary);
    },
    ended: (run) => {
      runs.inc({ outcome: run.outcome, cause: run.cause ?? '' });
      for (const family of familiesOf(run.isShadow)) family.ended(run);
    },
    reconciled: (canary, { seconds, result }) => {
      reconciles.observe({ result }, seconds);
      const sample = known.get(canary);
      if (sample !== undefined) for (const family of familiesOf(sample.isShadow)) family.looked(sample, seconds);
    },
    effect: ({ kind, seconds, result }) => effects.observe({ kind, result }, seconds),
    leading: (leading) => leader.set(leading ? 1 : 0),
    observe: (name, read) => {
      new Gauge({
        name: `serin_${name}`,
        help:
          name === 'queue_depth' ? 'Canaries waiting to be reconciled' : 'Effects running or waiting for another try',
        registers,
        collect() {
          this.set(read());
        },
      });
    },
    canaries: (read) => {
      canaries = read;
    },
    problems: (read) => {
      new Gauge({
        name: 'serin_cluster_problems',
        help: 'What the cluster lacks, 1 for each problem; /readyz says what to apply',
        labelNames: ['problem', 'about'],
        registers,
        collect() {
          this.reset();
          for (const { type, about } of read()) this.inc({ problem: type, about });
        },
      });
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
};
