import type { AnalysisTemplateSpec } from '../api/analysis-template.ts';
import type { MetricSpec } from '../api/canary.ts';
import { type MetricSource, refuse, type SourceContext, type Unresolved } from './metric-source.ts';
import { resolveArgs } from './resolve-args.ts';
import { textQuery } from './text-query.ts';

export type TemplateKind = 'AnalysisTemplate' | 'ClusterAnalysisTemplate';

/** Reads one template from the caches. `namespace` is absent for a ClusterAnalysisTemplate. */
export type TemplateLookup = (
  kind: TemplateKind,
  ref: { readonly namespace?: string; readonly name: string },
) => AnalysisTemplateSpec | undefined;

/** What an AnalysisTemplate or a ClusterAnalysisTemplate asks. */
export const fromTemplate = (
  metric: MetricSpec,
  ref: { readonly kind: TemplateKind; readonly name: string; readonly namespace?: string | undefined },
  context: SourceContext & { readonly templates: TemplateLookup },
): MetricSource | Unresolved => {
  const { kind, name, namespace = context.names.namespace } = ref;
  const where = `${context.where}.templateRef`;
  const cluster = kind === 'ClusterAnalysisTemplate';
  if (!cluster && namespace !== context.names.namespace) {
    const message = `AnalysisTemplate ${namespace}/${name} is in another namespace: want one in ${context.names.namespace}, or a ClusterAnalysisTemplate`;
    return refuse(where, message, 'AccessDenied');
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
  const query = textQuery(template.query, { names: context.names, where: `${shown} spec.query`, args });
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
