import type { CanarySpec } from '../api/canary.ts';
import type { CanaryStatus } from '../api/canary-status.ts';
import type { Provider } from '../api/provider.ts';
import type { Caches } from './caches.ts';
import { needsBudgets } from './disruption-budget.ts';
import type { Scene } from './scene.ts';
import type { Wish } from './watched-kinds.ts';

/** What this Canary wants to be watched, beside what all need: its data plane's kinds, and those that it names. */
export const wishesOf = ({ analysis, targetRef }: CanarySpec, plane: Provider): readonly Wish[] => [
  plane,
  ...(targetRef.kind === 'DaemonSet' ? ([targetRef.kind] as const) : []),
  ...(analysis.alerts.some(({ providerRef }) => providerRef.kind === 'AlertProvider')
    ? (['AlertProvider'] as const)
    : []),
  ...(analysis.metrics.some(({ templateRef }) => templateRef?.kind === 'MetricTemplate')
    ? (['MetricTemplate'] as const)
    : []),
];

/** What has to be watched for the replicas and the pods of its primary: KEDA's kinds, and budgets where they matter. */
export const scalingWishes = (
  scene: Pick<Scene, 'canary' | 'names'>,
  { adopted }: CanaryStatus,
  caches: Caches,
): readonly Wish[] => {
  const isScaledObject = scene.canary.spec.autoscalerRef?.kind === 'ScaledObject';
  const named = isScaledObject || adopted?.scaledObject !== undefined;
  return [
    ...(named ? (['ScaledObject'] as const) : []),
    ...(needsBudgets(scene, caches) ? (['PodDisruptionBudget'] as const) : []),
  ];
};
