import { stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';

/** A workload that is scaled, as an autoscaler names it. */
export type ScaledWorkload = { readonly kind: string; readonly name: string };

/** What a HorizontalPodAutoscaler or a ScaledObject scales; KEDA takes an absent kind for a Deployment. */
export const scaledWorkload = (autoscaler: KubeObject): ScaledWorkload => ({
  kind: stringAt(autoscaler, 'spec', 'scaleTargetRef', 'kind') ?? 'Deployment',
  name: stringAt(autoscaler, 'spec', 'scaleTargetRef', 'name') ?? '',
});

/** True when the autoscaler scales the Deployment of that name. Its API version is not asked: there is one Deployment. */
export const scalesDeployment = (autoscaler: KubeObject, name: string): boolean => {
  const scaled = scaledWorkload(autoscaler);
  return scaled.kind === 'Deployment' && scaled.name === name;
};
