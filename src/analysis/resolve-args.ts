import type { AnalysisTemplateSpec } from '../api/analysis-template.ts';
import type { MetricSpec } from '../api/canary.ts';
import type { Problem } from '../api/problem.ts';
import type { MetricCheck } from '../rollout/metric-check.ts';

type Arg = AnalysisTemplateSpec['args'][number];
type SecretArgs = NonNullable<MetricCheck['secretArgs']>;

export type ResolvedArgs = {
  readonly values: Readonly<Record<string, string>>;
  /** Where values lie that are filled in at use. */
  readonly secrets: SecretArgs;
  readonly problems: readonly Problem[];
};

/** What the Canary gives to a template, also under Flagger's name of it. */
export const givenArgs = (metric: MetricSpec): Readonly<Record<string, string>> =>
  metric.args ?? metric.templateVariables ?? {};

/**
 * The values of a metric's args: the Canary's, else the template's defaults, checked against its patterns.
 */
export const resolveArgs = (
  metric: MetricSpec,
  options: {
    readonly declared: readonly Arg[];
    readonly where: string;
    /** Of the Secrets. */
    readonly namespace: string;
  },
): ResolvedArgs => {
  const given = givenArgs(metric);
  const { declared } = options;
  const values: Record<string, string> = {};
  const secrets: Record<string, SecretArgs[string]> = {};
  const problems: Problem[] = [];
  const refuse = (name: string, message: string): void => {
    problems.push({ where: `${options.where}.args.${name}`, message, reason: 'InvalidSpec' });
  };
  for (const name of Object.keys(given)) {
    if (declared.some((arg) => arg.name === name)) continue;
    const known = declared.map((arg) => arg.name).join(', ');
    refuse(name, `The template has no arg "${name}": want ${known === '' ? 'none' : `one of ${known}`}`);
  }
  for (const arg of declared) {
    const source = arg.valueFrom?.secretKeyRef;
    if (source !== undefined) {
      if (given[arg.name] === undefined) secrets[arg.name] = { namespace: options.namespace, ...source };
      else refuse(arg.name, `Arg "${arg.name}" comes from a Secret of the template: want no value here`);
      continue;
    }
    const value = given[arg.name] ?? arg.default;
    const problem = value === undefined ? `Arg "${arg.name}" is required` : wrongValue(value, arg.pattern);
    if (problem !== undefined) refuse(arg.name, problem);
    else if (value !== undefined) values[arg.name] = value;
  }
  return { values, secrets, problems };
};

/** What is wrong with a value; undefined when it will do. */
const wrongValue = (value: string, pattern: string | undefined): string | undefined => {
  // A value is text, never another variable to be filled in later.
  if (value.includes('{{')) return `Found "${value}": want a value without {{`;
  if (pattern === undefined) return undefined;
  try {
    return new RegExp(pattern).test(value) ? undefined : `Found "${value}": want what matches ${pattern}`;
  } catch {
    return `The template's pattern ${pattern} is no regular expression`;
  }
};
