import type { JsonRecord } from '#src/lib/json.ts';
import { listAt, numberAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject, ObjectRef } from '#src/lib/kube-object.ts';
import { messageOf } from '#src/lib/message-of.ts';
import { kubectl } from '../rig/kubectl.ts';
import type { ACluster } from './a-cluster.ts';
import { canaryOf } from './applied-app.ts';
import { METRICS } from './canary-manifest.ts';
import { imageOf, type Place, routeReference, routeYaml, serviceYaml } from './place.ts';

/** A Deployment without a number of replicas, as people write it who have an autoscaler. */
export const scaledDeployment = (place: Place, version: string, pod: JsonRecord = {}): JsonRecord => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: place.app, namespace: place.namespace },
  spec: {
    selector: { matchLabels: { app: place.app } },
    strategy: { rollingUpdate: { maxUnavailable: 0 } },
    template: {
      metadata: { labels: { app: place.app } },
      spec: {
        terminationGracePeriodSeconds: 10,
        containers: [
          {
            name: 'app',
            image: imageOf(place, version),
            ports: [{ name: 'http', containerPort: 9898 }],
            resources: { requests: { cpu: '100m' } },
            // So long nothing takes the place of a pod that was evicted, whatever the test's own processes take.
            readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, initialDelaySeconds: 2, periodSeconds: 1 },
            lifecycle: { preStop: { sleep: { seconds: 5 } } },
          },
        ],
        ...pod,
      },
    },
  },
});

/** Five requests a second for each pod, and no patience before it scales down. */
export const cpuAutoscaler = ({ app, namespace }: Place, spec: JsonRecord = {}): JsonRecord => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: app, namespace },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: app },
    minReplicas: 2,
    maxReplicas: 12,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
    behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
    ...spec,
  },
});

export const budgetOf = (place: Place, spec: JsonRecord, name = place.app): JsonRecord => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name, namespace: place.namespace },
  spec: { selector: { matchLabels: { app: place.app } }, ...spec },
});

/** KEDA's kind as far as the API server is concerned; its operator does not run here. */
export const scaledObjectCrd: JsonRecord = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'scaledobjects.keda.sh' },
  spec: {
    group: 'keda.sh',
    names: { kind: 'ScaledObject', plural: 'scaledobjects', singular: 'scaledobject' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: {
              spec: {
                type: 'object',
                required: ['scaleTargetRef', 'triggers'],
                'x-kubernetes-preserve-unknown-fields': true,
                properties: {
                  scaleTargetRef: {
                    type: 'object',
                    required: ['name'],
                    properties: { name: { type: 'string' } },
                    'x-kubernetes-preserve-unknown-fields': true,
                  },
                  triggers: {
                    type: 'array',
                    items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                  },
                },
              },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
  },
};

export const scaledObjectOf = ({ app, namespace }: Place): JsonRecord => ({
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'ScaledObject',
  metadata: { name: app, namespace, annotations: { team: 'web' } },
  spec: {
    scaleTargetRef: { name: app },
    minReplicaCount: 2,
    maxReplicaCount: 6,
    triggers: [
      {
        type: 'prometheus',
        name: 'rps',
        metadata: {
          serverAddress: 'http://prometheus.monitoring:9090',
          query: `sum(rate(http_requests_total{app="${app}"}[1m]))`,
          threshold: '5',
        },
      },
    ],
  },
});

export const scaledCanary = (place: Place, spec: JsonRecord = {}): JsonRecord =>
  canaryOf(place, {
    routeRef: routeReference(place),
    service: { port: 80, targetPort: 'http' },
    progressDeadlineSeconds: 120,
    analysis: { interval: '10s', threshold: 1, stepWeights: [20, 60], metrics: METRICS[place.plane] },
    ...spec,
  });

export const serviceAndRoute = (place: Place): string => `${serviceYaml(place)}---\n${routeYaml(place)}`;

type Size = { readonly wanted: number; readonly ready: number };

/** What a person sees of the application, and does with its pods. */
export type ScaledApp = {
  readonly read: (of: Omit<ObjectRef, 'namespace'>) => Promise<KubeObject | undefined>;
  readonly size: (name: string) => Promise<Size>;
  /** Percent that the route leads to the canary. */
  readonly weight: () => Promise<number>;
  /** Names of the ready pods with these labels. */
  readonly pods: (labelSelector: string) => Promise<readonly string[]>;
  /** Pods that a disruption budget lets go now; undefined while its controller has not seen it. */
  readonly allowed: (budget: string) => Promise<number | undefined>;
  /** What the eviction API answers; the pod is gone when it is 201. */
  readonly evict: (pod: string) => Promise<string>;
};

export const scaledApp = ({ rig, client }: ACluster, place: Place): ScaledApp => {
  const { namespace, app } = place;
  const read: ScaledApp['read'] = (of) => client.get({ ...of, namespace });
  return {
    read,
    size: async (name) => {
      const found = await read({ apiVersion: 'apps/v1', kind: 'Deployment', name });
      return {
        wanted: numberAt(found, 'spec', 'replicas') ?? -1,
        ready: numberAt(found, 'status', 'readyReplicas') ?? 0,
      };
    },
    weight: async () => {
      const route = await read(routeReference(place));
      const refs = listAt(route, 'spec', 'rules', 0, 'backendRefs');
      const weights = refs.map((ref) => ({ name: stringAt(ref, 'name'), weight: numberAt(ref, 'weight') ?? 1 }));
      const canary = weights.find(({ name }) => name === `${app}-canary`)?.weight ?? 0;
      return (canary * 100) / weights.reduce((sum, { weight }) => sum + weight, 0);
    },
    pods: async (labelSelector) => {
      const args = ['-n', namespace, 'get', 'pods', '-l', labelSelector, '-o', 'json'];
      const items = listAt(JSON.parse(await kubectl(rig, args)), 'items');
      const isReady = (pod: unknown): boolean =>
        listAt(pod, 'status', 'conditions').some(
          (one) => stringAt(one, 'type') === 'Ready' && stringAt(one, 'status') === 'True',
        ) && stringAt(pod, 'metadata', 'deletionTimestamp') === undefined;
      return items.filter(isReady).map((pod) => stringAt(pod, 'metadata', 'name') ?? '');
    },
    allowed: async (name) => {
      const budget = await read({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', name });
      const isSeen = numberAt(budget, 'status', 'observedGeneration') === budget?.metadata.generation;
      return isSeen ? (numberAt(budget, 'status', 'disruptionsAllowed') ?? 0) : undefined;
    },
    evict: async (name) => {
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
      const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
      const input = JSON.stringify(eviction);
      return kubectl(rig, ['create', '--raw', path, '-f', '-'], { input }).then(
        () => '201',
        (error: unknown) => messageOf(error).split('\n').at(-1) ?? '',
      );
    },
  };
};
