import type { CanarySpec } from '../api/canary.ts';
import type { CanaryStatus } from '../api/canary-status.ts';
import { metricRange } from '../api/metric-range.ts';
import { SHADOW_LABEL } from '../api/names.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import type { CanarySample, EndSample } from '../telemetry/canary-sample.ts';
import type { CanaryCount } from '../telemetry/metrics.ts';

type Identity = Pick<CanarySample, 'namespace' | 'name' | 'target' | 'isShadow'>;

/** True for a Canary that stands for one of Flagger's. */
const isShadow = ({ metadata }: KubeObject): boolean => metadata.labels?.[SHADOW_LABEL] !== undefined;

/** A Canary as it is counted, whether or not anything is known of it. */
export const countOf = (canary: KubeObject): CanaryCount => ({
  namespace: canary.metadata.namespace ?? '',
  isShadow: isShadow(canary),
});

const identityOf = (object: KubeObject, spec: CanarySpec): Identity => ({
  namespace: object.metadata.namespace ?? '',
  name: object.metadata.name,
  target: spec.targetRef.name,
  isShadow: isShadow(object),
});

/** A Canary as its metrics tell it. */
export const sampleOf = (object: KubeObject, spec: CanarySpec, status: CanaryStatus): CanarySample => {
  const [last] = status.history;
  const checks = status.run?.checks ?? [];
  return {
    ...identityOf(object, spec),
    phase: status.phase,
    weight: status.canaryWeight ?? 0,
    metrics: spec.analysis.metrics.map((metric) => ({
      name: metric.name,
      value: checks.find(({ name }) => name === metric.name)?.value,
      ...metricRange(metric),
    })),
    last,
  };
};

/** The run whose outcome `after` has and `before` had not; undefined when none has ended. */
export const endOf = (
  object: KubeObject,
  spec: CanarySpec,
  { before, after }: { readonly before: CanaryStatus; readonly after: CanaryStatus },
): EndSample | undefined => {
  const { run } = after;
  if (run?.outcome === undefined || before.run?.outcome !== undefined) return undefined;
  return {
    ...identityOf(object, spec),
    outcome: run.outcome,
    cause: run.cause,
    strategy: run.strategy,
    fast: run.outcome === 'FastPromoted' || run.fast !== undefined,
  };
};
