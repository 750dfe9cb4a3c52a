import type { AnalysisTemplateSpec } from '../api/analysis-template.ts';
import type { CanarySpec, MetricSpec } from '../api/canary.ts';
import { durationMs } from '../api/duration.ts';
import type { Problem } from '../api/problem.ts';
import type { MetricCheck, MetricSelectors } from '../rollout/metric-check.ts';
import { promqlSyntaxError } from './promql-syntax.ts';
import { renderQuery } from './render-query.ts';
import { resolveArgs } from './resolve-args.ts';

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

export type TemplateKind = 'AnalysisTemplate' | 'ClusterAnalysisTemplate';

/** Reads one template from the caches. `namespace` is absent for a ClusterAnalysisTemplate. */
export type TemplateLookup = (
  kind: TemplateKind,
  ref: { readonly namespace?: string; readonly name: string },
) => AnalysisTemplateSpec | undefined;

export type ResolveOptions = {
  readonly spec: CanarySpec;
  readonly names: MetricNames;
  /** Counters of the canary side; null where the plane cannot tell the sides apart, `later` while it is not known. */
  readonly selectors: MetricSelectors | null | 'later';
  /** Nothing is measured yet, so that a plane may stay unknown for now. */
  readonly mayWait?: boolean;
  readonly templates: TemplateLookup;
  /** The controller's own Prometheus. */
  readonly defaultAddress?: string | undefined;
};

type Resolved = { readonly check?: MetricCheck; readonly problems: readonly Problem[] };
type Fields = Pick<MetricCheck, 'query' | 'noData' | 'samples'> &
  Partial<Pick<MetricCheck, 'unit' | 'secretRef' | 'secretArgs' | 'headers' | 'insecureSkipVerify'>> & {
    readonly address: string | undefined;
  };

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
  const source = metric.templateRef !== undefined ? fromTemplate(metric, context) : fromMetric(metric, context);
  if ('problems' in source) return source;
  const { min, max } = metric.thresholdRange ?? {};
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

/** An inline query, or a built-in metric. */
const fromMetric = (metric: MetricSpec, context: Context): Fields | Resolved => {
  const address = context.spec.metricsServer ?? context.defaultAddress;
  if (metric.query !== undefined) {
    const query = textQuery(metric.query, {
      ...context,
      where: `${context.where}.query`,
      args: { values: {}, secrets: {} },
    });
    return 'problems' in query ? query : { query, address, noData: 'hold', samples: 1 };
  }
  if (metric.name !== 'request-success-rate' && metric.name !== 'request-duration') {
    return refuse(context.where, `Metric "${metric.name}" has no query: want query, templateRef or a built-in name`);
  }
  const { selectors, mayWait = false } = context;
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
    query: { kind: success ? 'success-rate' : 'duration', selectors },
    unit: success ? '%' : 'ms',
    address,
    noData: 'hold',
    samples: 1,
  };
};

const fromTemplate = (metric: MetricSpec, context: Context): Fields | Resolved => {
  const {
    kind,
    name,
    namespace = context.names.namespace,
  } = metric.templateRef ?? { kind: 'AnalysisTemplate', name: '' };
  const where = `${context.where}.templateRef`;
  const cluster = kind === 'ClusterAnalysisTemplate';
  if (!cluster && namespace !== context.names.namespace) {
    const message = `AnalysisTemplate ${namespace}/${name} is in another namespace: want one in ${context.names.namespace}, or a ClusterAnalysisTemplate`;
    return { problems: [{ where, message, reason: 'AccessDenied' }] };
  }
  const shown = cluster ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
  const template = context.templates(kind, cluster ? { name } : { namespace, name });
  if (template === undefined) return refuse(where, `${shown} does not exist or is not valid`);
  const { provider } = template;
  if (provider.type !== 'prometheus') {
    return refuse(shown, `Provider "${provider.type}" is not supported yet: want prometheus`);
  }
  if (template.samples > 1) {
    return refuse(shown, `samples ${template.samples} is not supported yet for a query that gives one number: want 1`);
  }
  // Secrets come from the Canary's own namespace, also for a ClusterAnalysisTemplate, which has none.
  const secretNamespace = context.names.namespace;
  const args = resolveArgs(metric, { declared: template.args, where: context.where, namespace: secretNamespace });
  if (args.problems.length > 0) return { problems: args.problems };
  const query = textQuery(template.query, { ...context, where: `${shown} spec.query`, args });
  if ('problems' in query) return query;
  return {
    query,
    // Never the Canary's own metricsServer: it would be sent the headers of somebody else's template.
    address: provider.address ?? context.defaultAddress,
    noData: template.noData,
    samples: template.samples,
    ...(template.unit === undefined ? {} : { unit: template.unit }),
    ...(provider.secretRef === undefined
      ? {}
      : { secretRef: { namespace: secretNamespace, name: provider.secretRef.name } }),
    ...(Object.keys(args.secrets).length === 0 ? {} : { secretArgs: args.secrets }),
    ...(provider.headers === undefined ? {} : { headers: provider.headers }),
    ...(provider.insecureSkipVerify ? { insecureSkipVerify: true } : {}),
  };
};

type Args = { readonly values: Readonly<Record<string, string>>; readonly secrets: Readonly<Record<string, unknown>> };

const textQuery = (query: string, context: Context & { readonly args: Args }): MetricCheck['query'] | Resolved => {
  const { names, args, where } = context;
  const values = new Map<string, string>([
    ['name', names.name],
    ['namespace', names.namespace],
    // Flagger's templates mean the pods under judgement when they say `target`; that is the canary workload here.
    ['target', `${names.target}-canary`],
    ['primary', `${names.target}-primary`],
    ['canary', `${names.target}-canary`],
    ['service', names.service],
    ...(names.route === undefined ? [] : [['route', names.route] as const]),
    ...(names.ingress === undefined ? [] : [['ingress', names.ingress] as const]),
    ...Object.entries(args.values).map(([name, value]) => [`args.${name}`, value] as const),
  ]);
  const secrets = Object.keys(args.secrets).map((name) => `args.${name}`);
  const rendered = renderQuery(query, { values, kept: new Set(['interval', ...secrets]) });
  if (rendered.problems.length > 0) {
    return { problems: rendered.problems.map((message) => ({ where, message, reason: 'InvalidSpec' })) };
  }
  const later = new Map([['interval', '60s'], ...secrets.map((name) => [name, 'secret'] as const)]);
  const error = promqlSyntaxError(renderQuery(rendered.text, { values: later }).text);
  if (error !== undefined) {
    return refuse(where, `The query is no PromQL: ${error.detail} (character ${error.position + 1})`);
  }
  return { kind: 'text', text: rendered.text };
};

const refuse = (where: string, message: string): Resolved => ({
  problems: [{ where, message, reason: 'InvalidSpec' }],
});
