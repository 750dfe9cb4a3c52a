import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { RESOURCES } from '#src/kube/resources.ts';
import { numberAt } from '#src/lib/json.ts';
import { PROMETHEUS } from '../components/prometheus.ts';
import { buildFlagger, FLAGGER } from '../parts/flagger.ts';
import { apply, kubectl } from '../rig/kubectl.ts';
import type { ACluster } from './a-cluster.ts';
import { publish } from './images.ts';
import { until } from './until.ts';

export const FLAGGER_NAMESPACE = 'flagger-system';
const IMAGE = 'ghcr.io/fluxcd/flagger:1.44.0';
const ACCOUNT = { name: FLAGGER, namespace: FLAGGER_NAMESPACE };

/** The real Flagger in a pod of its own, as its manifests install it. */
export type FlaggerPod = {
  readonly scale: (replicas: 0 | 1) => Promise<void>;
};

const deployment = (namespace: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { ...ACCOUNT, labels: { app: FLAGGER } },
  spec: {
    replicas: 1,
    strategy: { type: 'Recreate' },
    selector: { matchLabels: { app: FLAGGER } },
    template: {
      metadata: { labels: { app: FLAGGER } },
      spec: {
        serviceAccountName: FLAGGER,
        containers: [
          {
            name: FLAGGER,
            image: IMAGE,
            args: [
              '-log-level=info',
              '-mesh-provider=gatewayapi:v1',
              `-metrics-server=${PROMETHEUS}`,
              `-namespace=${namespace}`,
              '-include-label-prefix=app.kubernetes.io',
            ],
          },
        ],
      },
    },
  },
});

/** Installs Flagger's CRDs and one Flagger that runs the Canaries of one namespace. */
export const installFlagger = async ({ rig, client }: ACluster, namespace: string): Promise<FlaggerPod> => {
  const folder = await buildFlagger();
  publish(rig, { [IMAGE]: { program: { argv: [join(folder, FLAGGER)] } } });
  const crds = readdirSync(join(folder, 'crds')).flatMap((file) => ['-f', join(folder, 'crds', file)]);
  await kubectl(rig, ['apply', '--server-side', '--force-conflicts', ...crds]);
  await kubectl(rig, ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
  const scale: FlaggerPod['scale'] = async (replicas) => {
    await kubectl(rig, ['-n', FLAGGER_NAMESPACE, 'scale', `deployment/${FLAGGER}`, `--replicas=${replicas}`]);
    await until(`${replicas} pods of Flagger`, async () => {
      const found = await client.get({ apiVersion: 'apps/v1', kind: 'Deployment', ...ACCOUNT });
      const { items } = await client.list(RESOURCES.pod, { namespace: FLAGGER_NAMESPACE });
      return (numberAt(found, 'status', 'readyReplicas') ?? 0) === replicas && items.length === replicas;
    });
  };
  await apply(rig, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: FLAGGER_NAMESPACE } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: ACCOUNT },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: FLAGGER },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', ...ACCOUNT }],
    },
    deployment(namespace),
  ]);
  await scale(1);
  return { scale };
};
