import type { MetricCheck } from '../rollout/metric-check.ts';
import { type MetricNames, refuse, type Unresolved } from './metric-source.ts';
import { promqlSyntaxError } from './promql-syntax.ts';
import { renderQuery } from './render-query.ts';

export type TextQueryContext = {
  readonly names: MetricNames;
  /** Of the query. */
  readonly where: string;
  /** Values of `args.<name>`, and those that are filled in at use. */
  readonly args: {
    readonly values: Readonly<Record<string, string>>;
    readonly secrets: Readonly<Record<string, unknown>>;
  };
  /** The args are pieces of text: between quotes they stand as they are, a regular expression included. */
  readonly rawArgs?: boolean;
};

/** A query of somebody's own with everything filled in but the window and secrets; refused where it is no PromQL. */
export const textQuery = (query: string, context: TextQueryContext): MetricCheck['query'] | Unresolved => {
  const { names, args, where, rawArgs = false } = context;
  const given = Object.entries(args.values).map(([name, value]) => [`args.${name}`, value] as const);
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
    ...given,
  ]);
  const secrets = Object.keys(args.secrets).map((name) => `args.${name}`);
  const rendered = renderQuery(query, {
    values,
    kept: new Set(['interval', ...secrets]),
    ...(rawArgs ? { raw: new Set(given.map(([name]) => name)) } : {}),
  });
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
