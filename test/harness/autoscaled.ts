import { listAt, numberAt } from '#src/lib/json.ts';
import type { KubeObject, ObjectRef } from '#src/lib/kube-object.ts';
import { type Load, startLoad } from '#src/sandbox/load/start-load.ts';
import type { World } from './a-world.ts';
import { HOST } from './manifests.ts';
import { deployment } from './release.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Of a Canary whose target is scaled by `anHpa`. */
export const SCALED_BY_HPA = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  name: 'podinfo',
} as const;

/** Of a Canary whose target is scaled by `aScaledObject`. */
export const SCALED_BY_KEDA = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'podinfo' } as const;

/** 2 requests a second for each pod, and no patience: it scales down at its next look. */
export const anHpa = (
  spec: Fields = {},
  { name = 'podinfo', target = 'podinfo' }: { readonly name?: string; readonly target?: string } = {},
): KubeObject => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name, namespace: 'shop', labels: { team: 'web' } },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target },
    minReplicas: 2,
    maxReplicas: 20,
    metrics: [
      {
        type: 'Pods',
        pods: {
          metric: { name: 'http_requests_per_second' },
          target: { type: 'AverageValue', averageValue: '2' },
        },
      },
    ],
    behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
    ...spec,
  },
});

/** 2 requests a second for each pod, as the gateway counts them for the Service of the canary. */
export const aScaledObject = (spec: Fields = {}, annotations: Readonly<Record<string, string>> = {}): KubeObject => ({
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'ScaledObject',
  metadata: { name: 'podinfo', namespace: 'shop', annotations },
  spec: {
    scaleTargetRef: { name: 'podinfo' },
    pollingInterval: 10,
    minReplicaCount: 2,
    maxReplicaCount: 20,
    triggers: [
      {
        type: 'prometheus',
        name: 'rps',
        metadata: {
          serverAddress: 'http://prometheus.test',
          query: 'sum(rate(traefik_service_requests_total{service=~".*-svc-shop-podinfo-canary-.*"}[30s]))',
          threshold: '2',
        },
      },
    ],
    ...spec,
  },
});

export const autoscalerIn = (world: World, name: string, of: Pick<ObjectRef, 'apiVersion' | 'kind'> = SCALED_BY_HPA) =>
  world.read({ apiVersion: of.apiVersion, kind: of.kind, namespace: 'shop', name });

/** Replicas that a Deployment asks for, and how many of them are ready. */
export const sizeOf = (world: World, name: string): { readonly wanted: number; readonly ready: number } => {
  const found = deployment(world, name);
  return { wanted: numberAt(found, 'spec', 'replicas') ?? -1, ready: numberAt(found, 'status', 'readyReplicas') ?? 0 };
};

/** More users, until `stop`. */
export const moreLoad = (world: World, requestsPerSecond: number): Load =>
  startLoad({ clock: world.clock, requestsPerSecond, send: world.cluster.gateway.handle, host: HOST });

/** `status reason` of a condition. */
export const conditionIn = (object: KubeObject | undefined, type: string): string => {
  const found = listAt(object, 'status', 'conditions').find((one) => Object(one).type === type);
  return `${Object(found).status} ${Object(found).reason}`;
};
