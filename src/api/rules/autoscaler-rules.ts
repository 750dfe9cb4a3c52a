import type { StoredCanarySpec } from '../canary.ts';
import { type Rule, type RuleBody, rulesAt } from './rule.ts';

type Spec = StoredCanarySpec;
type AutoscalerRef = NonNullable<Spec['autoscalerRef']>;

const API_VERSIONS: Readonly<Record<AutoscalerRef['kind'], string>> = {
  HorizontalPodAutoscaler: 'autoscaling/v2',
  ScaledObject: 'keda.sh/v1alpha1',
};

/** `-primary` must fit behind it. */
const LONGEST_NAME = 245;

const targetRules = rulesAt<Spec>('spec', [
  {
    field: 'autoscalerRef',
    fault: 'forbidden',
    sentence: 'autoscalerRef cannot scale targetRef.kind {targetRef.kind}, which has no replicas: remove it',
    cel: '!has(self.autoscalerRef) || self.targetRef.kind == "Deployment"',
    holds: ({ autoscalerRef, targetRef }) => autoscalerRef === undefined || targetRef.kind === 'Deployment',
  },
]);

const refRules = rulesAt<AutoscalerRef>('spec.autoscalerRef', [
  ...Object.entries(API_VERSIONS).map(
    ([kind, wanted]): RuleBody<AutoscalerRef> => ({
      field: 'apiVersion',
      sentence: `autoscalerRef.apiVersion "{apiVersion}" has no ${kind} that can be copied: want ${wanted}`,
      cel: `self.kind != "${kind}" || self.apiVersion == "${wanted}"`,
      holds: (ref) => ref.kind !== kind || ref.apiVersion === wanted,
    }),
  ),
  {
    field: 'name',
    sentence: `autoscalerRef.name is too long: want at most ${LONGEST_NAME} characters, so that "-primary" fits behind it`,
    cel: `size(self.name) <= ${LONGEST_NAME}`,
    holds: ({ name }) => name.length <= LONGEST_NAME,
  },
  {
    field: 'primaryScalerQueries',
    fault: 'forbidden',
    sentence:
      'autoscalerRef.primaryScalerQueries is for a ScaledObject, a HorizontalPodAutoscaler has no queries: remove it',
    cel: '!has(self.primaryScalerQueries) || self.kind == "ScaledObject"',
    holds: ({ primaryScalerQueries, kind }) => primaryScalerQueries === undefined || kind === 'ScaledObject',
  },
]);

const replicaRules = rulesAt<NonNullable<AutoscalerRef['primaryScalerReplicas']>>(
  'spec.autoscalerRef.primaryScalerReplicas',
  [
    {
      sentence: 'autoscalerRef.primaryScalerReplicas.minReplicas is above maxReplicas: want it at most as large',
      cel: '!has(self.minReplicas) || !has(self.maxReplicas) || self.minReplicas <= self.maxReplicas',
      holds: ({ minReplicas = 0, maxReplicas = Number.POSITIVE_INFINITY }) => minReplicas <= maxReplicas,
    },
  ],
);

/** What can be said of an autoscaler without looking at it. */
export const autoscalerRules: readonly Rule[] = [...targetRules, ...refRules, ...replicaRules];
