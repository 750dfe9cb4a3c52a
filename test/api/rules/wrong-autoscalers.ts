import { canaryRules } from '#src/api/rules/canary-rules.ts';
import { SPECS } from '../example.ts';

type WrongSpec = { readonly kind: string; readonly spec: unknown; readonly told: readonly string[] };
type Fields = Readonly<Record<string, unknown>>;

const hpa = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'podinfo' };
const scaledObject = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'podinfo' };

/** What is told as well while a kind of target is not supported. */
const pending = canaryRules
  .filter(({ at, sentence }) => at === 'spec.targetRef' && sentence.includes('{kind} is not supported yet'))
  .map(({ sentence }) => `spec.targetRef.kind: ${sentence.replace('{kind}', 'DaemonSet')}`);

const withRef = (autoscalerRef: Fields, ...told: readonly string[]): WrongSpec => ({
  kind: 'Canary',
  spec: { ...SPECS['Canary'], autoscalerRef },
  told: told.map((text) => `spec.autoscalerRef${text}`),
});

export const WRONG_AUTOSCALERS: readonly WrongSpec[] = [
  {
    kind: 'Canary',
    spec: {
      ...SPECS['Canary'],
      targetRef: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'podinfo' },
      autoscalerRef: hpa,
    },
    told: [
      ...pending,
      'spec.autoscalerRef: autoscalerRef cannot scale targetRef.kind DaemonSet, which has no replicas: remove it',
    ],
  },
  withRef(
    { ...hpa, apiVersion: 'autoscaling/v2beta2' },
    '.apiVersion: autoscalerRef.apiVersion "autoscaling/v2beta2" has no HorizontalPodAutoscaler that can be copied: want autoscaling/v2',
  ),
  withRef(
    { ...scaledObject, apiVersion: 'autoscaling/v2' },
    '.apiVersion: autoscalerRef.apiVersion "autoscaling/v2" has no ScaledObject that can be copied: want keda.sh/v1alpha1',
  ),
  withRef(
    { ...hpa, name: 'a'.repeat(246) },
    '.name: autoscalerRef.name is too long: want at most 245 characters, so that "-primary" fits behind it',
  ),
  withRef(
    { ...hpa, primaryScalerQueries: { rps: 'up' } },
    '.primaryScalerQueries: autoscalerRef.primaryScalerQueries is for a ScaledObject, a HorizontalPodAutoscaler has no queries: remove it',
  ),
  withRef(
    { ...hpa, primaryScalerReplicas: { minReplicas: 5, maxReplicas: 3 } },
    '.primaryScalerReplicas: autoscalerRef.primaryScalerReplicas.minReplicas is above maxReplicas: want it at most as large',
  ),
];
