import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Outcome, Phase } from '../api/words.ts';

export type CanarySample = {
  readonly namespace: string;
  readonly name: string;
  readonly phase?: Phase;
  readonly weight: number;
};

export type ProblemSample = { readonly type: string; readonly about: string };

/** The controller's own metrics, in Prometheus' text format. Names keep Flagger's suffixes where the meaning is the same. */
export type Metrics = {
  readonly canary: (sample: CanarySample) => void;
  /** Ends the series of a Canary that is gone. */
  readonly forget: (canary: { readonly namespace: string; readonly name: string }) => void;
  readonly ended: (run: { readonly outcome: Outcome; readonly cause: string }) => void;
  readonly reconciled: (reconcile: { readonly seconds: number; readonly result: 'ok' | 'error' }) => void;
  readonly effect: (effect: { readonly kind: string; readonly seconds: number; readonly result: string }) => void;
  readonly leading: (leading: boolean) => void;
  /** Values that are read when somebody scrapes. */
  readonly observe: (name: 'queue_depth' | 'effects_pending', read: () => number) => void;
  /** What is wrong with the cluster, read when somebody scrapes. */
  readonly problems: (read: () => readonly ProblemSample[]) => void;
  readonly text: () => Promise<string>;
  readonly contentType: string;
};

/** 0 running, 1 ok, 2 failed, as Flagger's `flagger_canary_status`. */
const statusOf = (phase: Phase | undefined): number =>
  phase === 'Succeeded' || phase === 'Initialized' ? 1 : phase === 'Failed' ? 2 : 0;

export const createMetrics = (version: string): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  const labels = ['name', 'namespace'] as const;
  new Gauge({ name: 'serin_info', help: 'Version of the controller', labelNames: ['version'], registers }).set(
    { version },
    1,
  );
  const status = new Gauge({
    name: 'serin_canary_status',
    help: 'Last status of a Canary: 0 running, 1 ok, 2 failed',
    labelNames: labels,
    registers,
  });
  const weight = new Gauge({
    name: 'serin_canary_weight',
    help: 'Percent of the traffic sent to the canary',
    labelNames: labels,
    registers,
  });
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
    help: 'Time of one measurement, commit or message',
    labelNames: ['kind', 'result'],
    buckets: [0.01, 0.05, 0.2, 1, 5, 20, 60],
    registers,
  });
  const leader = new Gauge({ name: 'serin_leader', help: '1 while this process holds the lease', registers });
  return {
    canary: (sample) => {
      const key = { name: sample.name, namespace: sample.namespace };
      status.set(key, statusOf(sample.phase));
      weight.set(key, sample.weight);
    },
    forget: ({ name, namespace }) => {
      status.remove({ name, namespace });
      weight.remove({ name, namespace });
    },
    ended: (run) => runs.inc({ outcome: run.outcome, cause: run.cause }),
    reconciled: ({ seconds, result }) => reconciles.observe({ result }, seconds),
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
