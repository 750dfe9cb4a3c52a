import type { MetricSpec } from '../api/canary.ts';
import type { MetricTemplateSpec } from '../api/metric-template.ts';
import type { Problem } from '../api/problem.ts';
import { goTemplate } from './go-template.ts';
import { type MetricSource, refuse, type SourceContext, type Unresolved } from './metric-source.ts';
import { givenArgs } from './resolve-args.ts';
import { textQuery } from './text-query.ts';

/** A MetricTemplate that may be used, or why it may not be: `wrong` follows its name in a sentence. */
export type FoundMetricTemplate =
  | { readonly spec: MetricTemplateSpec }
  | { readonly wrong: string; readonly reason: Problem['reason'] };

/** Looks for one of Flagger's MetricTemplates in the caches, for the Canary that names it. */
export type MetricTemplateLookup = (ref: { readonly namespace: string; readonly name: string }) => FoundMetricTemplate;

/**
 * What a MetricTemplate of Flagger's asks, as Flagger asks it: its Secret is of the template's own namespace, and the
 * Canary's variables stand in the query as they are written, where they cannot leave their quotes.
 */
export const fromMetricTemplate = (
  metric: MetricSpec,
  ref: { readonly name: string; readonly namespace?: string | undefined },
  context: SourceContext & { readonly metricTemplates: MetricTemplateLookup },
): MetricSource | Unresolved => {
  const { names } = context;
  const { name, namespace = names.namespace } = ref;
  const shown = `MetricTemplate ${namespace}/${name}`;
  const found = context.metricTemplates({ namespace, name });
  if ('wrong' in found) return refuse(`${context.where}.templateRef`, `${shown} ${found.wrong}`, found.reason);
  const { provider, query } = found.spec;
  const variables = givenArgs(metric);
  const wrong = Object.entries(variables).find(([, value]) => value.includes('{{'));
  if (wrong !== undefined)
    return refuse(`${context.where}.args.${wrong[0]}`, `Found "${wrong[1]}": want a value without {{`);
  const where = `${shown} spec.query`;
  const template = goTemplate(query);
  if ('problem' in template) return refuse(where, template.problem);
  const text = textQuery(template.text, {
    // Flagger calls an Ingress that the Canary does not name by the target.
    names: { ...names, ingress: names.ingress ?? names.target },
    where,
    args: { values: variables, secrets: {} },
    rawArgs: true,
  });
  if ('problems' in text) return text;
  const headers = Object.entries(provider.headers ?? {}).map(
    ([header, values]) => [header, values.join(', ')] as const,
  );
  return {
    query: text,
    address: provider.address,
    noData: 'hold',
    samples: 1,
    ...(provider.secretRef === undefined ? {} : { secretRef: { namespace, name: provider.secretRef.name } }),
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
    ...(provider.insecureSkipVerify ? { insecureSkipVerify: true } : {}),
  };
};
