import type { CanarySpec, MetricSpec } from '../api/canary.ts';
import { durationMs } from '../api/duration.ts';
import { metricRange } from '../api/metric-range.ts';
import type { Problem } from '../api/problem.ts';
import type { MetricCheck, MetricSelectors } from '../rollout/metric-check.ts';
import { fromMetricTemplate, type MetricTemplateLookup } from './from-metric-template.ts';
import { fromTemplate, type TemplateLookup } from './from-template.ts';
import { type MetricNames, type MetricSource, refuse, type Unresolved } from './metric-source.ts';
import { textQuery } from './text-query.ts';

export type ResolveOptions = {
  readonly spec: CanarySpec;
  readonly names: MetricNames;
  /** Counters of the canary side; null where the plane cannot tell the sides apart, `later` while it is not known. */
  readonly selectors: MetricSelectors | null | 'later';
  /** The same of the primary side. */
  readonly primary?: MetricSelectors | null | 'later';
  /** Nothing is measured yet, so that a plane may stay unknown for now. */
  readonly mayWait?: boolean;
  readonly templates: TemplateLookup;
  readonly metricTemplates: MetricTemplateLookup;
  /** The controller's own Prometheus. */
  readonly defaultAddress?: string | undefined;
};

type Resolved = { readonly check?: MetricCheck; readonly problems: readonly Problem[] };

/** A ready-made template that asks the application itself, for planes that cannot tell canary from primary. */
const APPLICATION_TEMPLATE = 'http-server-error-rate';

const UNKNOWN_PLANE =
  'No data plane has answered for the route yet, and its Gateway or GatewayClass cannot be seen; ' +
  'want an answer in status.parents of the route';

/**
 * What is to be measured, with everything resolved but the window. Pure. A metric that cannot be resolved is left out
 * and named as a problem.
 */
export const resolveMetrics = (
  options: ResolveOptions,
): { readonly checks: readonly MetricCheck[]; readonly problems: readonly Problem[] } => {
  const resolved = options.spec.analysis.metrics.map((metric, index) =>
    resolveMetric(metric, { ...options, where: `spec.analysis.metrics[${index}]` }),
  );
  return {
    checks: resolved.flatMap(({ check }) => check ?? []),
    problems: resolved.flatMap(({ problems }) => problems),
  };
};

type Context = ResolveOptions & { readonly where: string };

const resolveMetric = (metric: MetricSpec, context: Context): Resolved => {
  const source = sourceOf(metric, context);
  if ('problems' in source) return source;
  const { min, max } = metricRange(metric);
  const { address, ...fields } = source;
  if (address === undefined) {
    return refuse(
      context.where,
      `Metric "${metric.name}" has no Prometheus: want ${metric.templateRef === undefined ? 'spec.metricsServer' : 'provider.address in its template'} or --metrics-server`,
    );
  }
  const check: MetricCheck = {
    name: metric.name,
    address,
    ...fields,
    intervalMs: durationMs(metric.interval ?? context.spec.analysis.interval),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(metric.failureLimit === undefined ? {} : { failureLimit: metric.failureLimit }),
    initialDelayMs: metric.initialDelay === undefined ? 0 : durationMs(metric.initialDelay),
    dryRun: metric.dryRun,
  };
  return { check, problems: [] };
};

const sourceOf = (metric: MetricSpec, context: Context): MetricSource | Unresolved => {
  const { templateRef } = metric;
  if (templateRef === undefined) return fromMetric(metric, context);
  const { kind } = templateRef;
  return kind === 'MetricTemplate'
    ? fromMetricTemplate(metric, templateRef, context)
    : fromTemplate(metric, { ...templateRef, kind }, context);
};

/** An inline query, or a built-in metric. */
const fromMetric = (metric: MetricSpec, context: Context): MetricSource | Unresolved => {
  const address = context.spec.metricsServer ?? context.defaultAddress;
  if (metric.query !== undefined) {
    const query = textQuery(metric.query, {
      names: context.names,
      where: `${context.where}.query`,
      args: { values: {}, secrets: {} },
    });
    return 'problems' in query ? query : { query, address, noData: 'hold', samples: 1 };
  }
  if (metric.name !== 'request-success-rate' && metric.name !== 'request-duration') {
    return refuse(context.where, `Metric "${metric.name}" has no query: want query, templateRef or a built-in name`);
  }
  const { selectors, primary, mayWait = false } = context;
  if (selectors === 'later') return mayWait ? { problems: [] } : refuse(context.where, UNKNOWN_PLANE);
  if (selectors === null || (metric.name === 'request-duration' && selectors.durationBuckets === undefined)) {
    return refuse(
      context.where,
      `The data plane has no metrics that tell canary from primary, which "${metric.name}" needs: ` +
        `want a templateRef to metrics of the application, such as ClusterAnalysisTemplate ${APPLICATION_TEMPLATE}`,
    );
  }
  const success = metric.name === 'request-success-rate';
  return {
    query: {
      kind: success ? 'success-rate' : 'duration',
      selectors,
      ...(typeof primary === 'object' && primary !== null ? { primary: primary.requests } : {}),
    },
    unit: success ? '%' : 'ms',
    address,
    noData: 'hold',
    samples: 1,
  };
};
