import type { CanarySpec } from '../api/canary.ts';
import type { Problem } from '../api/problem.ts';
import type { MetricCheck } from '../rollout/metric-check.ts';

/** What the variables of a query stand for. */
export type MetricNames = {
  readonly namespace: string;
  /** Of the Canary. */
  readonly name: string;
  readonly target: string;
  /** Apex Service. */
  readonly service: string;
  readonly route?: string | undefined;
  readonly ingress?: string | undefined;
};

/** Where the number of a metric comes from: what is asked of whom. */
export type MetricSource = Pick<MetricCheck, 'query' | 'noData' | 'samples'> &
  Partial<Pick<MetricCheck, 'unit' | 'secretRef' | 'secretArgs' | 'headers' | 'insecureSkipVerify'>> & {
    readonly address: string | undefined;
  };

/** What a person must put right, or nothing while it cannot be told yet. */
export type Unresolved = { readonly problems: readonly Problem[] };

/** What every kind of source is resolved with. */
export type SourceContext = {
  readonly spec: CanarySpec;
  readonly names: MetricNames;
  /** The controller's own Prometheus. */
  readonly defaultAddress?: string | undefined;
  /** Path of the metric in the Canary. */
  readonly where: string;
};

export const refuse = (where: string, message: string, reason: Problem['reason'] = 'InvalidSpec'): Unresolved => ({
  problems: [{ where, message, reason }],
});
