import { canarySpec } from '#src/api/canary.ts';
import type { JsonRecord } from '#src/lib/json.ts';
import { recordAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { Claimant } from '#src/workload/claims.ts';
import type { ConfigLookup } from '#src/workload/config-tracking.ts';
import { configState } from '#src/workload/config-tracking.ts';
import { kindOf } from '#src/workload/kinds/kind-of.ts';
import type { Around, TargetKind } from '#src/workload/kinds/target-kind.ts';
import { isOwnedBy } from '#src/workload/replica-set.ts';

/** Canary `podinfo` in namespace `shop`; `service` goes into its spec. */
export const aCanary = (
  options: { readonly name?: string; readonly target?: string; readonly service?: JsonRecord } = {},
): Claimant => {
  const name = options.name ?? 'podinfo';
  return {
    namespace: 'shop',
    name,
    uid: `uid-of-${name}`,
    creationTimestamp: '2026-01-01T00:00:00Z',
    spec: canarySpec.parse({
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: options.target ?? 'podinfo' },
      service: {
        port: 80,
        targetPort: 9898,
        gatewayRefs: [{ name: 'edge' }],
        hosts: [`${name}.example.com`],
        ...options.service,
      },
      analysis: {},
    }),
  };
};

/** The objects that are read beside a target. */
export const around = (
  objects: readonly KubeObject[],
  { slices = [] }: { readonly slices?: readonly KubeObject[] } = {},
): Around => ({
  ownedBy: (kind, uid) => objects.filter((object) => object.kind === kind && isOwnedBy(object, uid)),
  pod: (name) => objects.find(({ kind, metadata }) => kind === 'Pod' && metadata.name === name),
  slices: (service) => slices.filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service),
});

type Side = Parameters<TargetKind['side']>;
const sideOf =
  (side: Side[0]) =>
  (record: Side[1], options: Side[2]): KubeObject =>
    kindOf(options.canary.spec.targetRef).side(side, record, options);
export const primaryManifest = sideOf('primary');
export const canaryManifest = sideOf('canary');

/** Pod template of the target. It uses fields that no version of Serin knows, and every way to refer to a config. */
export const aTemplate = (): JsonRecord => ({
  metadata: { labels: { app: 'podinfo', tier: 'web' }, annotations: { 'prometheus.io/scrape': 'true' } },
  spec: {
    futureField: { kept: [1, { deep: true }] },
    initContainers: [{ name: 'migrate', image: 'shop/migrate:1', envFrom: [{ secretRef: { name: 'db' } }] }],
    containers: [
      {
        name: 'app',
        image: 'registry.example.com:5000/shop/podinfo:6.1',
        env: [
          { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } },
          { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'token', key: 't', optional: true } } },
        ],
        envFrom: [{ configMapRef: { name: 'settings' }, prefix: 'S_' }],
        ports: [{ name: 'http', containerPort: 9898 }],
      },
      { name: 'proxy', image: 'envoy@sha256:0000' },
    ],
    volumes: [
      { name: 'files', configMap: { name: 'files', items: [{ key: 'a', path: 'a' }] } },
      { name: 'cert', secret: { secretName: 'cert', defaultMode: 256 } },
      {
        name: 'all',
        projected: { sources: [{ configMap: { name: 'settings' } }, { secret: { name: 'db' } }, { downwardAPI: {} }] },
      },
      { name: 'scratch', emptyDir: {} },
    ],
    affinity: {
      nodeAffinity: { untouched: true },
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: 'host', labelSelector: { matchLabels: { app: 'podinfo' } } },
          { topologyKey: 'host', labelSelector: { matchLabels: { app: 'database' } } },
          { topologyKey: 'host', labelSelector: {} },
        ],
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 1,
            podAffinityTerm: {
              topologyKey: 'zone',
              labelSelector: { matchExpressions: [{ key: 'tier', operator: 'In', values: ['web'] }] },
            },
          },
        ],
      },
    },
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'zone', labelSelector: { matchLabels: { app: 'podinfo' } } },
    ],
  },
});

/** Deployment `podinfo` as it stands in Git and as Kubernetes has acted on it. */
export const aTarget = (options: { readonly template?: JsonRecord; readonly spec?: JsonRecord } = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'podinfo',
    namespace: 'shop',
    uid: 'target-1',
    generation: 3,
    labels: {
      app: 'podinfo',
      'app.kubernetes.io/instance': 'shop',
      'kustomize.toolkit.fluxcd.io/name': 'shop',
    },
    annotations: {
      'example.com/owner': 'team',
      'argocd.argoproj.io/tracking-id': 'x',
      'keel.sh/policy': 'all',
      'deployment.kubernetes.io/revision': '4',
    },
  },
  spec: {
    replicas: 3,
    paused: false,
    minReadySeconds: 5,
    revisionHistoryLimit: 4,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    futureStrategy: 'kept',
    selector: { matchLabels: { app: 'podinfo' } },
    template: options.template ?? aTemplate(),
    ...options.spec,
  },
  status: { observedGeneration: 3, replicas: 3, readyReplicas: 2 },
});

/** The ReplicaSet that Kubernetes makes for a Deployment's template. */
export const aReplicaSet = (
  deployment: KubeObject,
  options: { readonly hash?: string; readonly template?: JsonRecord; readonly createdAt?: string } = {},
): KubeObject => {
  const hash = options.hash ?? '6d5f8c';
  const template = options.template ?? aTemplate();
  const labels = { ...recordAt(template, 'metadata', 'labels'), 'pod-template-hash': hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: 'shop',
      uid: `rs-${hash}`,
      creationTimestamp: options.createdAt ?? '2026-01-01T00:00:00Z',
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo', uid: deployment.metadata.uid ?? '' },
      ],
    },
    spec: {
      template: { ...template, metadata: { ...recordAt(template, 'metadata'), creationTimestamp: null, labels } },
    },
  };
};

export const aConfig = (
  kind: 'ConfigMap' | 'Secret',
  name: string,
  fields: { readonly data?: JsonRecord; readonly type?: string; readonly annotations?: Record<string, string> } = {},
): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: {
    name,
    namespace: 'shop',
    ...(fields.annotations === undefined ? {} : { annotations: fields.annotations }),
  },
  ...(fields.type === undefined ? {} : { type: fields.type }),
  data: fields.data ?? { key: 'value' },
});

/** Every config that the template refers to, but for the optional one. */
export const theConfigs = (): readonly KubeObject[] => [
  aConfig('ConfigMap', 'files'),
  aConfig('ConfigMap', 'settings', { data: { color: 'blue' } }),
  aConfig('Secret', 'cert', { type: 'kubernetes.io/tls' }),
  aConfig('Secret', 'db', { type: 'Opaque' }),
];

/** What the controller remembers of these configs. */
export const lookupIn =
  (configs: readonly KubeObject[]): ConfigLookup =>
  ({ kind, name }) => {
    const found = configs.find((config) => config.kind === kind && config.metadata.name === name);
    return found === undefined ? 'missing' : configState(found);
  };
