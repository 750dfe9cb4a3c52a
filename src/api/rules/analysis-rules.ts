import type { StoredCanarySpec } from '../canary.ts';
import { affinityRules } from './affinity-rules.ts';
import { intervalRule } from './interval-rule.ts';
import { matchRules } from './match-rules.ts';
import { metricRules } from './metric-rules.ts';
import { celList, notYet, type Rule, type RuleBody, rulesAt } from './rule.ts';
import { webhookRules } from './webhook-rules.ts';

type Analysis = StoredCanarySpec['analysis'];
type Alert = Analysis['alerts'][number];

const EVIDENCE = 'remove it; it belongs to the evidence judge';
const evidence = (field: keyof Analysis & string): RuleBody<Analysis> => notYet(field, { instead: EVIDENCE });

/** Hooks that are called in each window judge the canary too. */
const isJudgedByHooks = ({ webhooks = [] }: Analysis): boolean =>
  webhooks.some(({ type = 'rollout' }) => type === 'rollout');
const JUDGED_BY_HOOKS = '(has(self.webhooks) && self.webhooks.exists(w, !has(w.type) || w.type == "rollout"))';

const judgeRules: readonly RuleBody<Analysis>[] = [
  {
    field: 'judge',
    fault: 'forbidden',
    sentence: 'judge: evidence is not supported yet: want judge: threshold, and a thresholdRange on every metric',
    cel: '!has(self.judge) || self.judge != "evidence"',
    holds: ({ judge }) => judge !== 'evidence',
  },
  {
    field: 'metrics',
    fault: 'required',
    sentence:
      'Without metrics and threshold the evidence judge would decide, which is not supported yet: add a metric with a thresholdRange',
    cel: 'has(self.judge) || has(self.threshold) || size(self.metrics) > 0',
    holds: ({ judge, threshold, metrics }) => judge !== undefined || threshold !== undefined || metrics.length > 0,
  },
  {
    field: 'metrics',
    fault: 'required',
    sentence:
      'metrics is empty, so nothing would judge the canary: add a metric with a thresholdRange, or a webhook of type rollout',
    cel: `size(self.metrics) > 0 || ${JUDGED_BY_HOOKS} || !(has(self.judge) ? self.judge == "threshold" : has(self.threshold))`,
    holds: (self) =>
      self.metrics.length > 0 ||
      isJudgedByHooks(self) ||
      !(self.judge === undefined ? self.threshold !== undefined : self.judge === 'threshold'),
  },
  {
    field: 'metrics',
    sentence: 'Every metric is a dryRun, so nothing would judge the canary: want at least one that counts',
    cel: `size(self.metrics) == 0 || ${JUDGED_BY_HOOKS} || self.metrics.exists(m, !m.dryRun)`,
    holds: (self) =>
      self.metrics.length === 0 || isJudgedByHooks(self) || self.metrics.some((metric) => !metric.dryRun),
  },
  {
    field: 'consecutiveThreshold',
    sentence:
      'consecutiveThreshold is never reached, because threshold (1 when absent) is reached before it: want a threshold at least as high',
    cel: '!has(self.consecutiveThreshold) || self.consecutiveThreshold <= (has(self.threshold) ? self.threshold : 1)',
    holds: ({ consecutiveThreshold = 1, threshold = 1 }) => consecutiveThreshold <= threshold,
  },
];

const stepRules: readonly RuleBody<Analysis>[] = [
  {
    field: 'stepWeight',
    fault: 'forbidden',
    sentence: 'stepWeight and stepWeights are both set: keep one of them',
    cel: '!has(self.stepWeight) || !has(self.stepWeights)',
    holds: ({ stepWeight, stepWeights }) => stepWeight === undefined || stepWeights === undefined,
  },
  {
    field: 'stepWeights',
    sentence: 'stepWeights must rise at every step: want each number to be greater than the one before',
    cel: '!has(self.stepWeights) || (self.stepWeights.isSorted() && self.stepWeights.all(w, self.stepWeights.exists_one(v, v == w)))',
    holds: ({ stepWeights = [] }) =>
      stepWeights.every((weight, index) => index === 0 || (stepWeights[index - 1] ?? 0) < weight),
  },
];

const HAS_ITERATIONS = '(has(self.iterations) && self.iterations > 0)';
const HAS_MATCH = '(has(self.match) && size(self.match) > 0)';
const MIRRORS = '(has(self.mirror) && self.mirror)';
const hasMatch = ({ match = [] }: Analysis): boolean => match.length > 0;

/** What of the strategies goes together. */
const strategyRules: readonly RuleBody<Analysis>[] = [
  {
    field: 'iterations',
    fault: 'forbidden',
    sentence:
      'iterations (blue/green, A/B) and stepWeight or stepWeights (canary) are both set: keep those of one strategy',
    cel: `!${HAS_ITERATIONS} || (!has(self.stepWeight) && !has(self.stepWeights))`,
    holds: ({ iterations = 0, stepWeight, stepWeights }) =>
      iterations === 0 || (stepWeight === undefined && stepWeights === undefined),
  },
  {
    field: 'stepWeightPromotion',
    fault: 'forbidden',
    sentence: 'stepWeightPromotion has an effect with weights only, and iterations has none: remove one of them',
    cel: `!${HAS_ITERATIONS} || !has(self.stepWeightPromotion) || self.stepWeightPromotion == 0`,
    holds: ({ iterations = 0, stepWeightPromotion = 0 }) => iterations === 0 || stepWeightPromotion === 0,
  },
  {
    field: 'maxWeight',
    fault: 'forbidden',
    sentence:
      'maxWeight is the end of a canary by weights, and iterations has none: blue/green goes to 100, A/B to the requests that match; remove maxWeight',
    cel: `!${HAS_ITERATIONS} || self.maxWeight == 100`,
    holds: ({ iterations = 0, maxWeight }) => iterations === 0 || maxWeight === 100,
  },
  {
    field: 'mirror',
    fault: 'forbidden',
    sentence: 'mirror has no effect in an A/B run, whose requests the canary answers: remove mirror or match',
    cel: `!${HAS_MATCH} || !${MIRRORS}`,
    holds: (analysis) => !hasMatch(analysis) || analysis.mirror !== true,
  },
  {
    field: 'mirror',
    fault: 'forbidden',
    sentence: 'mirror is true and mirrorWeight is 0, so nothing would be mirrored: want mirrorWeight from 1 to 100',
    cel: `!${MIRRORS} || !has(self.mirrorWeight) || self.mirrorWeight > 0`,
    holds: ({ mirror, mirrorWeight = 100 }) => mirror !== true || mirrorWeight > 0,
  },
  {
    field: 'mirrorWeight',
    fault: 'forbidden',
    sentence: 'mirrorWeight has an effect with mirror: true only: set that, or remove mirrorWeight',
    cel: `!has(self.mirrorWeight) || self.mirrorWeight == 100 || ${MIRRORS}`,
    holds: ({ mirror, mirrorWeight = 100 }) => mirrorWeight === 100 || mirror === true,
  },
];

const PROVIDER_KINDS: readonly string[] = ['NotificationProvider', 'AlertProvider'];

const alertRules = rulesAt<Alert['providerRef']>('spec.analysis.alerts[].providerRef', [
  {
    field: 'kind',
    fault: 'forbidden',
    sentence: 'providerRef.kind {kind} says nothing of where messages go: want NotificationProvider or AlertProvider',
    cel: `!has(self.kind) || self.kind in ${celList(PROVIDER_KINDS)}`,
    holds: ({ kind = 'NotificationProvider' }) => PROVIDER_KINDS.includes(kind),
  },
]);

/** Rules of `spec.analysis`. */
export const analysisRules: readonly Rule[] = [
  ...rulesAt<Analysis>('spec.analysis', [
    ...judgeRules,
    intervalRule,
    ...stepRules,
    ...strategyRules,
    {
      field: 'verifyTraffic',
      fault: 'forbidden',
      sentence: 'verifyTraffic: {verifyTraffic} is not supported yet: want best-effort',
      cel: 'self.verifyTraffic == "best-effort"',
      holds: ({ verifyTraffic }) => verifyTraffic === 'best-effort',
    },
    ...(['slo', 'tolerance', 'latency', 'confidence', 'maxImpact', 'bake', 'maxDuration'] as const).map(evidence),
    notYet('onInconclusive', { unless: 'hold', instead: EVIDENCE }),
  ]),
  ...matchRules,
  ...affinityRules,
  ...metricRules,
  ...alertRules,
  ...webhookRules,
];
