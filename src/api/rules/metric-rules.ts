import type { StoredCanarySpec } from '../canary.ts';
import { intervalRule } from './interval-rule.ts';
import { queryRule } from './query-rule.ts';
import { celList, type Rule, rulesAt } from './rule.ts';

type Metric = StoredCanarySpec['analysis']['metrics'][number];
type Range = NonNullable<Metric['thresholdRange']>;

/** Metrics whose query Serin builds for the data plane. */
export const BUILT_IN_METRICS = ['request-success-rate', 'request-duration'] as const;
const NAMES: readonly string[] = BUILT_IN_METRICS;
const BUILT_IN = `self.name in ${celList(BUILT_IN_METRICS)}`;
const HAS_MIN = '(has(self.thresholdRange) && has(self.thresholdRange.min))';
const HAS_MAX = '(has(self.thresholdRange) && has(self.thresholdRange.max))';

/** Rules of each of `spec.analysis.metrics`. */
export const metricRules: readonly Rule[] = [
  ...rulesAt<Metric>('spec.analysis.metrics[]', [
    {
      fault: 'required',
      sentence: `Metric {name} has no query: want query or templateRef, or a built-in name: ${BUILT_IN_METRICS.join(', ')}`,
      cel: `${BUILT_IN} || has(self.query) || has(self.templateRef)`,
      holds: ({ name, query, templateRef }) => NAMES.includes(name) || query !== undefined || templateRef !== undefined,
    },
    {
      sentence: 'Metric {name} is built in and brings its own query: remove query and templateRef, or rename it',
      cel: `!(${BUILT_IN}) || !(has(self.query) || has(self.templateRef))`,
      holds: ({ name, query, templateRef }) =>
        !NAMES.includes(name) || (query === undefined && templateRef === undefined),
    },
    {
      sentence: 'Metric {name} has both query and templateRef: keep one of them',
      cel: '!has(self.query) || !has(self.templateRef)',
      holds: ({ query, templateRef }) => query === undefined || templateRef === undefined,
    },
    {
      field: 'args',
      sentence: 'args are for a template, and metric {name} has none: want templateRef, or remove args',
      cel: '!has(self.args) || size(self.args) == 0 || has(self.templateRef)',
      holds: ({ args = {}, templateRef }) => Object.keys(args).length === 0 || templateRef !== undefined,
    },
    {
      field: 'thresholdRange',
      fault: 'required',
      sentence: 'Metric {name} has nothing to be held against: want thresholdRange with min or max',
      cel: `has(self.threshold) || ${HAS_MIN} || ${HAS_MAX}`,
      holds: ({ threshold, thresholdRange: { min, max } = {} }) =>
        threshold !== undefined || min !== undefined || max !== undefined,
    },
    {
      field: 'thresholdRange',
      sentence:
        'request-success-rate is a percentage of which more is better: want thresholdRange.min from 1 to 100, such as 99',
      cel: `self.name != "request-success-rate" || !has(self.thresholdRange) || (${HAS_MIN} && self.thresholdRange.min >= 1.0 && self.thresholdRange.min <= 100.0)`,
      holds: ({ name, thresholdRange }) =>
        name !== 'request-success-rate' ||
        thresholdRange === undefined ||
        (thresholdRange.min !== undefined && thresholdRange.min >= 1 && thresholdRange.min <= 100),
    },
    {
      field: 'thresholdRange',
      sentence: 'request-duration is in milliseconds and less is better: want thresholdRange.max above 0, such as 500',
      cel: `self.name != "request-duration" || !has(self.thresholdRange) || (${HAS_MAX} && self.thresholdRange.max > 0.0)`,
      holds: ({ name, thresholdRange }) =>
        name !== 'request-duration' ||
        thresholdRange === undefined ||
        (thresholdRange.max !== undefined && thresholdRange.max > 0),
    },
    {
      field: 'threshold',
      sentence: 'Metric {name} has both threshold and thresholdRange: keep thresholdRange',
      cel: '!has(self.threshold) || !has(self.thresholdRange)',
      holds: ({ threshold, thresholdRange }) => threshold === undefined || thresholdRange === undefined,
    },
    {
      field: 'threshold',
      sentence:
        'threshold is the lowest percentage for request-success-rate and the highest milliseconds for request-duration: want 1 to 100 there, and more than 0 here',
      cel: '!has(self.threshold) || (self.name == "request-success-rate" ? self.threshold >= 1.0 && self.threshold <= 100.0 : self.name != "request-duration" || self.threshold > 0.0)',
      holds: ({ name, threshold }) =>
        threshold === undefined ||
        (name === 'request-success-rate'
          ? threshold >= 1 && threshold <= 100
          : name !== 'request-duration' || threshold > 0),
    },
    {
      field: 'templateVariables',
      sentence: 'Metric {name} has both args and templateVariables: keep args',
      cel: '!has(self.templateVariables) || !has(self.args)',
      holds: ({ args, templateVariables }) => templateVariables === undefined || args === undefined,
    },
    {
      field: 'templateVariables',
      sentence:
        'templateVariables are for a template, and metric {name} has none: want templateRef, or remove templateVariables',
      cel: '!has(self.templateVariables) || size(self.templateVariables) == 0 || has(self.templateRef)',
      holds: ({ templateVariables = {}, templateRef }) =>
        Object.keys(templateVariables).length === 0 || templateRef !== undefined,
    },
    intervalRule,
    queryRule,
  ]),
  ...rulesAt<Range>('spec.analysis.metrics[].thresholdRange', [
    {
      sentence: 'thresholdRange lets nothing pass, because min is above max: want min at or below max',
      cel: '!has(self.min) || !has(self.max) || self.min <= self.max',
      holds: ({ min, max }) => min === undefined || max === undefined || min <= max,
    },
  ]),
];
