import type { StoredCanarySpec } from '../canary.ts';
import { affinityRules } from './affinity-rules.ts';
import { intervalRule } from './interval-rule.ts';
import { matchRules } from './match-rules.ts';
import { metricRules } from './metric-rules.ts';
import { notYet, type Rule, type RuleBody, rulesAt } from './rule.ts';

type Analysis = StoredCanarySpec['analysis'];
type Alert = Analysis['alerts'][number];

const EVIDENCE = 'remove it; it belongs to the evidence judge';
const evidence = (field: keyof Analysis & string): RuleBody<Analysis> => notYet(field, { instead: EVIDENCE });

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
    sentence: 'metrics is empty, so nothing would judge the canary: add a metric with a thresholdRange',
    cel: 'size(self.metrics) > 0 || !(has(self.judge) ? self.judge == "threshold" : has(self.threshold))',
    holds: ({ judge, threshold, metrics }) =>
      metrics.length > 0 || !(judge === undefined ? threshold !== undefined : judge === 'threshold'),
  },
  {
    field: 'metrics',
    sentence: 'Every metric is a dryRun, so nothing would judge the canary: want at least one that counts',
    cel: 'size(self.metrics) == 0 || self.metrics.exists(m, !m.dryRun)',
    holds: ({ metrics }) => metrics.length === 0 || metrics.some((metric) => !metric.dryRun),
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
    fault: 'required',
    sentence:
      'Without steps the ramp would be adaptive, which is not supported yet: set stepWeights such as [5, 10, 25, 50], or stepWeight and maxWeight',
    cel: 'has(self.stepWeight) || has(self.stepWeights) || (has(self.iterations) && self.iterations > 0)',
    holds: ({ stepWeight, stepWeights, iterations = 0 }) =>
      stepWeight !== undefined || stepWeights !== undefined || iterations > 0,
  },
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

const alertRules = rulesAt<Alert['providerRef']>('spec.analysis.alerts[].providerRef', [
  {
    field: 'kind',
    fault: 'forbidden',
    sentence: 'providerRef.kind {kind} is not supported yet: want NotificationProvider',
    cel: '!has(self.kind) || self.kind == "NotificationProvider"',
    holds: ({ kind = 'NotificationProvider' }) => kind === 'NotificationProvider',
  },
]);

/** Rules of `spec.analysis`. */
export const analysisRules: readonly Rule[] = [
  ...rulesAt<Analysis>('spec.analysis', [
    ...judgeRules,
    intervalRule,
    ...stepRules,
    {
      field: 'verifyTraffic',
      fault: 'forbidden',
      sentence: 'verifyTraffic: {verifyTraffic} is not supported yet: want best-effort',
      cel: 'self.verifyTraffic == "best-effort"',
      holds: ({ verifyTraffic }) => verifyTraffic === 'best-effort',
    },
    notYet('iterations', { unless: 0, instead: 'want stepWeights, or stepWeight and maxWeight' }),
    notYet('match', { unless: 'empty', instead: 'remove it; a run splits by weight' }),
    notYet('mirror', { unless: false, instead: 'remove it; a run splits by weight' }),
    notYet('mirrorWeight', { unless: 100, instead: 'remove it; a run splits by weight' }),
    notYet('sessionAffinity', { instead: 'remove it; a run splits by weight' }),
    notYet('stepWeightPromotion', { unless: 0, instead: 'remove it; a promoted version takes all traffic at once' }),
    notYet('webhooks', { unless: 'empty', instead: 'remove it; metrics alone judge a run' }),
    notYet('primaryReadyThreshold', { unless: 100, instead: 'remove it; every pod must be ready' }),
    notYet('canaryReadyThreshold', { unless: 100, instead: 'remove it; every pod must be ready' }),
    ...(['slo', 'tolerance', 'latency', 'confidence', 'maxImpact', 'bake', 'maxDuration'] as const).map(evidence),
    notYet('onInconclusive', { unless: 'hold', instead: EVIDENCE }),
  ]),
  ...matchRules,
  ...affinityRules,
  ...metricRules,
  ...alertRules,
];
