import type { AnalysisTemplateSpec } from '../analysis-template.ts';
import { queryRule } from './query-rule.ts';
import { notYet, type Rule, rulesAt } from './rule.ts';

type Arg = AnalysisTemplateSpec['args'][number];

/** True when `value` matches; a pattern that cannot be read matches nothing, and in CEL is an error. */
const matches = (pattern: string, value: string): boolean => {
  try {
    return new RegExp(pattern).test(value);
  } catch {
    return false;
  }
};

/** Rules of AnalysisTemplate and ClusterAnalysisTemplate. */
export const analysisTemplateRules: readonly Rule[] = [
  ...rulesAt<AnalysisTemplateSpec>('spec', [
    queryRule,
    notYet('samples', { unless: 1, instead: 'remove it; a query gives one number' }),
  ]),
  ...rulesAt<AnalysisTemplateSpec['provider']>('spec.provider', [
    {
      field: 'type',
      fault: 'forbidden',
      sentence: 'provider.type "{type}" is not supported yet: want prometheus',
      cel: 'self.type == "prometheus"',
      holds: ({ type }) => type === 'prometheus',
    },
    notYet('region', { instead: 'remove it; Prometheus has none' }),
  ]),
  ...rulesAt<Arg>('spec.args[]', [
    {
      sentence: 'Arg {name} has both default and valueFrom: keep one of them',
      cel: '!has(self.default) || !has(self.valueFrom)',
      holds: (arg) => arg.default === undefined || arg.valueFrom === undefined,
    },
    {
      field: 'default',
      sentence: 'The default of arg {name} does not match its own pattern: change one of them',
      cel: '!has(self.pattern) || !has(self.default) || self.default.matches(self.pattern)',
      holds: (arg) => arg.pattern === undefined || arg.default === undefined || matches(arg.pattern, arg.default),
    },
  ]),
];
