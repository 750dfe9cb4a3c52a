import type { CanarySpec } from '../../api/canary.ts';
import { numberAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';

export type AutoscalerRef = NonNullable<CanarySpec['autoscalerRef']>;

/** Fewest and most replicas. */
export type Bounds = { readonly min: number; readonly max: number };

/** KEDA's own where `maxReplicaCount` is absent. */
const KEDA_MOST = 100;

/** The bounds of an autoscaler as it stands, with Kubernetes' and KEDA's defaults. */
export const ownBounds = (autoscaler: KubeObject): Bounds =>
  autoscaler.kind === 'ScaledObject'
    ? {
        min: numberAt(autoscaler, 'spec', 'minReplicaCount') ?? 0,
        max: numberAt(autoscaler, 'spec', 'maxReplicaCount') ?? KEDA_MOST,
      }
    : {
        min: numberAt(autoscaler, 'spec', 'minReplicas') ?? 1,
        max: numberAt(autoscaler, 'spec', 'maxReplicas') ?? 1,
      };

/** What a ScaledObject goes down to, below its fewest, while nothing is to be done. */
export const idleReplicas = (autoscaler: KubeObject): number | undefined =>
  autoscaler.kind === 'ScaledObject' ? numberAt(autoscaler, 'spec', 'idleReplicaCount') : undefined;

/** The bounds that the primary's autoscaler is asked to have: those of the target's, or the Canary's own. */
export const primaryBounds = (source: KubeObject, { primaryScalerReplicas }: AutoscalerRef): Bounds => {
  const { min, max } = ownBounds(source);
  return { min: primaryScalerReplicas?.minReplicas ?? min, max: primaryScalerReplicas?.maxReplicas ?? max };
};

/** `bounds` with at least `floor` replicas, as far as the most allows. */
export const floored = ({ min, max }: Bounds, floor = 0): Bounds => ({ min: Math.min(Math.max(min, floor), max), max });
