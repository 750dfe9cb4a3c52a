import { z } from 'zod';
import type { Resource } from '../lib/kube-object.ts';
import { analysisTemplateSpec } from './analysis-template.ts';
import { storedCanarySpec } from './canary.ts';
import { canaryActionSpec, canaryActionStatus } from './canary-action.ts';
import { canaryRunSpec, canaryRunStatus } from './canary-run.ts';
import { canaryStatus, conditionStatus } from './canary-status.ts';
import { GROUP, VERSION } from './names.ts';
import { notificationProviderSpec } from './notification-provider.ts';
import { repositorySpec, repositoryStatus } from './repository.ts';
import { analysisTemplateRules } from './rules/analysis-template-rules.ts';
import { canaryActionRules } from './rules/canary-action-rules.ts';
import { canaryRules } from './rules/canary-rules.ts';
import { notificationProviderRules } from './rules/notification-provider-rules.ts';
import { repositoryRules } from './rules/repository-rules.ts';
import type { Rule } from './rules/rule.ts';
import { writeOnceRule } from './rules/write-once-rule.ts';

/** A column of `kubectl get`. Priority 1 shows with `-o wide` only. */
export type PrinterColumn = {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  readonly jsonPath: string;
  readonly description?: string;
  readonly priority?: 1;
};

/** Everything there is to know of one kind of our group. */
export type Kind = {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly description: string;
  /** What users write, with the defaults that the cluster fills in. */
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  readonly columns: readonly PrinterColumn[];
  readonly rules: readonly Rule[];
  /** Longest `metadata.name`: names that stand in labels must fit there. */
  readonly maxNameLength?: number;
};

const conditions = z
  .array(conditionStatus)
  .default([])
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
  .describe('Ready, and what stands in its way.');
const plainStatus = z.looseObject({
  observedGeneration: z.int().optional().describe('Generation of the spec that this speaks of.'),
  conditions,
});

const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };
const ready: PrinterColumn = {
  name: 'Ready',
  type: 'string',
  jsonPath: '.status.conditions[?(@.type=="Ready")].status',
};
const wide = (name: string, type: PrinterColumn['type'], jsonPath: string): PrinterColumn => ({
  name,
  type,
  jsonPath,
  priority: 1,
});

const canary: Kind = {
  kind: 'Canary',
  plural: 'canaries',
  shortNames: ['can'],
  categories: ['all'],
  namespaced: true,
  description: 'Canary releases every new version of a workload step by step and commits the outcome to Git.',
  spec: storedCanarySpec,
  status: canaryStatus,
  columns: [
    { name: 'Status', type: 'string', jsonPath: '.status.phase' },
    { name: 'Weight', type: 'integer', jsonPath: '.status.canaryWeight' },
    { name: 'Step', type: 'integer', jsonPath: '.status.run.step' },
    { name: 'Outcome', type: 'string', jsonPath: '.status.history[0].outcome', description: 'Of the last run.' },
    age,
    wide('Suspended', 'boolean', '.spec.suspend'),
    wide('FailedChecks', 'integer', '.status.failedChecks'),
    wide('Interval', 'string', '.spec.analysis.interval'),
    wide('Mirror', 'boolean', '.spec.analysis.mirror'),
    wide('StepWeight', 'integer', '.spec.analysis.stepWeight'),
    wide('StepWeights', 'string', '.spec.analysis.stepWeights'),
    wide('MaxWeight', 'integer', '.spec.analysis.maxWeight'),
    wide('LastTransitionTime', 'string', '.status.lastTransitionTime'),
  ],
  rules: canaryRules,
  maxNameLength: 63,
};

const canaryRun: Kind = {
  kind: 'CanaryRun',
  plural: 'canaryruns',
  shortNames: ['crun'],
  categories: [],
  namespaced: true,
  description: 'CanaryRun is the record of one finished run of a Canary, written once by Serin.',
  spec: canaryRunSpec,
  status: canaryRunStatus,
  columns: [
    { name: 'Canary', type: 'string', jsonPath: '.spec.canaryRef.name' },
    { name: 'Revision', type: 'string', jsonPath: '.spec.revision' },
    { name: 'Outcome', type: 'string', jsonPath: '.spec.outcome' },
    { name: 'Ended', type: 'date', jsonPath: '.spec.endedAt' },
    wide('Cause', 'string', '.spec.cause'),
    wide('Sentence', 'string', '.spec.sentence'),
  ],
  rules: writeOnceRule('CanaryRun'),
};

const canaryAction: Kind = {
  kind: 'CanaryAction',
  plural: 'canaryactions',
  shortNames: ['cact'],
  categories: [],
  namespaced: true,
  description: 'CanaryAction is what one person asks of one run, such as abort or approve.',
  spec: canaryActionSpec,
  status: canaryActionStatus,
  columns: [
    { name: 'Canary', type: 'string', jsonPath: '.spec.canaryRef.name' },
    { name: 'Verb', type: 'string', jsonPath: '.spec.verb' },
    { name: 'By', type: 'string', jsonPath: '.spec.requestedBy' },
    { name: 'State', type: 'string', jsonPath: '.status.state' },
    age,
    wide('Run', 'string', '.spec.run'),
    wide('Gate', 'string', '.spec.gate'),
    wide('Reason', 'string', '.spec.reason'),
    wide('Message', 'string', '.status.message'),
  ],
  rules: canaryActionRules,
};

const analysisTemplate: Kind = {
  kind: 'AnalysisTemplate',
  plural: 'analysistemplates',
  shortNames: [],
  categories: [],
  namespaced: true,
  description: 'AnalysisTemplate is a question to a metrics server that the Canaries of its namespace ask.',
  spec: analysisTemplateSpec,
  status: plainStatus,
  columns: [{ name: 'Description', type: 'string', jsonPath: '.spec.description' }, ready, age],
  rules: analysisTemplateRules,
};

const clusterAnalysisTemplate: Kind = {
  ...analysisTemplate,
  kind: 'ClusterAnalysisTemplate',
  plural: 'clusteranalysistemplates',
  namespaced: false,
  description: 'ClusterAnalysisTemplate is an AnalysisTemplate for the Canaries of every namespace.',
};

const notificationProvider: Kind = {
  kind: 'NotificationProvider',
  plural: 'notificationproviders',
  shortNames: [],
  categories: [],
  namespaced: true,
  description: 'NotificationProvider is a receiver of messages.',
  spec: notificationProviderSpec,
  status: plainStatus,
  columns: [{ name: 'Type', type: 'string', jsonPath: '.spec.type' }, ready, age],
  rules: notificationProviderRules,
};

const repository: Kind = {
  kind: 'Repository',
  plural: 'repositories',
  shortNames: [],
  categories: [],
  namespaced: true,
  description: 'Repository is the branch of a Git repository that outcomes are committed to.',
  spec: repositorySpec,
  status: repositoryStatus.extend({ observedGeneration: plainStatus.shape.observedGeneration, conditions }),
  columns: [
    { name: 'URL', type: 'string', jsonPath: '.spec.url' },
    { name: 'Branch', type: 'string', jsonPath: '.spec.branch' },
    ready,
    { name: 'Commit', type: 'string', jsonPath: '.status.lastCommit' },
    age,
  ],
  rules: repositoryRules,
};

/** Every kind of the group, in the order of the docs. */
export const KINDS: readonly Kind[] = [
  canary,
  canaryRun,
  canaryAction,
  analysisTemplate,
  clusterAnalysisTemplate,
  notificationProvider,
  repository,
];

/** The kind of that name; undefined when it is none of ours. */
export const kindNamed = (name: string): Kind | undefined => KINDS.find(({ kind }) => kind === name);

/** A kind as the API server serves it. */
export const resourceOf = ({ kind, plural, namespaced }: Kind): Resource => ({
  group: GROUP,
  version: VERSION,
  kind,
  plural,
  namespaced,
});
