import { parseCanaryStatus } from '#src/api/canary-status.ts';
import { RESOURCES } from '#src/kube/resources.ts';
import { apply } from '../rig/kubectl.ts';
import { GATEWAY } from '../rig/platform.ts';
import type { ACluster } from './a-cluster.ts';
import { aSerin, type Serin } from './serin.ts';
import { until } from './until.ts';

/** A file in the reports' folder says so to the runner. */
export const FLEETS_ARE_IDLE = 'fleets-are-idle';

export type Fleet = { readonly namespace: string; readonly serin: Serin };

const IMAGE = 'registry.example.com/fleet';
export const fleetImage = (version: string): string => `${IMAGE}:${version}`;

const rightsOf = (namespace: string) => [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'serin', namespace } },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: `serin-${namespace}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'serin-controller' },
    subjects: [{ kind: 'ServiceAccount', name: 'serin', namespace }],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'serin-leader', namespace },
    rules: [{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create', 'get', 'update'] }],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'serin-leader', namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'serin-leader' },
    subjects: [{ kind: 'ServiceAccount', name: 'serin', namespace }],
  },
];

/** A Deployment of one pod, for `name`. */
export const fleetDeployment = (of: { readonly namespace: string; readonly name: string }, version: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: of,
  spec: {
    selector: { matchLabels: { app: of.name } },
    template: {
      metadata: { labels: { app: of.name } },
      spec: {
        terminationGracePeriodSeconds: 10,
        containers: [
          {
            name: 'app',
            image: fleetImage(version),
            ports: [{ name: 'http', containerPort: 9898 }],
            // For the gateway to notice.
            lifecycle: { preStop: { sleep: { seconds: 5 } } },
          },
        ],
      },
    },
  },
});

/** The Canary of a Deployment of the fleet, with a route of Serin's own. */
export const fleetCanary = (
  of: { readonly namespace: string; readonly name: string },
  analysis: Readonly<Record<string, unknown>> = {},
) => ({
  apiVersion: 'serin.dev/v1alpha1',
  kind: 'Canary',
  metadata: of,
  spec: {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: of.name },
    service: {
      port: 80,
      targetPort: 'http',
      gatewayRefs: [GATEWAY],
      hosts: [`${of.name}.${of.namespace}.example.com`],
    },
    progressDeadlineSeconds: 60,
    analysis: {
      interval: '2s',
      threshold: 1,
      stepWeights: [50],
      metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }],
      ...analysis,
    },
  },
});

export const fleetNames = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `app-${index}`);

/** A namespace with this many Canaries that are taken over, and a controller of its own for it. */
export const aFleet = async (
  { rig, client }: ACluster,
  options: {
    readonly namespace: string;
    readonly count: number;
    readonly port: number;
    readonly analysis?: Readonly<Record<string, unknown>>;
    readonly limitMs?: number;
  },
): Promise<Fleet> => {
  const { namespace, count, port, analysis, limitMs = 300_000 } = options;
  await apply(rig, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
  const objects = fleetNames(count).flatMap((name) => [
    fleetDeployment({ namespace, name }, '1.0.0'),
    fleetCanary({ namespace, name }, analysis),
  ]);
  await apply(rig, [...rightsOf(namespace), ...objects]);
  const account = { namespace, name: 'serin' };
  const serin = await aSerin(rig, { name: `serin-${namespace}`, port, account, flags: [`--namespace=${namespace}`] });
  await serin.start();
  await until(
    `take-over of ${count} Canaries in ${namespace}`,
    async () => {
      const { items } = await client.list(RESOURCES.canary, { namespace });
      return items.every(({ status }) => parseCanaryStatus(status).phase === 'Initialized');
    },
    limitMs,
  );
  return { namespace, serin };
};
