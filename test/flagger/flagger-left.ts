import { at, type JsonRecord, recordAt } from '#src/lib/json.ts';
import type { KubeObject, OwnerReference } from '#src/lib/kube-object.ts';
import { refOf } from '#src/lib/kube-object.ts';
import { GATEWAY } from '#src/sandbox/cluster.ts';
import type { World } from '#test/harness/a-world.ts';
import { HOST } from '#test/harness/manifests.ts';
import { deployment } from '#test/harness/release.ts';
import { original } from './flagger-world.ts';

const named = (name: string, owner?: OwnerReference, labels: Record<string, string> = {}) => ({
  name,
  namespace: 'shop',
  labels,
  ...(owner === undefined ? {} : { ownerReferences: [owner] }),
});

/** Its template as Flagger copies it to the primary. */
const primaryTemplate = (template: JsonRecord, image: string | undefined): JsonRecord => {
  const spec = recordAt(template, 'spec');
  const container = recordAt(spec, 'containers', 0);
  const { envFrom, ...rest } = container;
  const copied = envFrom === undefined ? {} : { envFrom: [{ configMapRef: { name: 'settings-primary' } }] };
  return {
    metadata: {
      labels: { app: 'podinfo-primary' },
      annotations: { 'flagger-id': '3c7a5e1e-7f5e-4a6b-9f5e-000000000001' },
    },
    spec: { ...spec, containers: [{ ...rest, ...copied, ...(image === undefined ? {} : { image }) }] },
  };
};

/**
 * Puts what Flagger has made for its Canary into the cluster, in the state that it leaves behind between releases: the
 * target at 0, primary, Services and route in its shape, a copy of the config, all owned by its Canary.
 */
export const leftByFlagger = async (
  world: World,
  options: { readonly phase?: string; readonly primaryImage?: string } = {},
): Promise<void> => {
  const canary = original(world);
  const target = deployment(world, 'podinfo');
  if (canary === undefined || target === undefined) throw new Error('want the Canary and its target first');
  const owner: OwnerReference = {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    name: 'podinfo',
    uid: canary.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
  const manager = { manager: 'flagger' };
  const write = (object: KubeObject): void => void world.cluster.api.write(object, manager);
  const service = (name: string, app: string, owned: boolean): KubeObject => {
    const existing = world.read({ apiVersion: 'v1', kind: 'Service', namespace: 'shop', name });
    return {
      ...(existing ?? { apiVersion: 'v1', kind: 'Service' }),
      metadata: existing?.metadata ?? named(name, owned ? owner : undefined, { app: name }),
      spec: {
        ...recordAt(existing, 'spec'),
        selector: { app },
        ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 9898 }],
      },
    };
  };
  const config = world.read({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'settings' });
  if (config !== undefined) {
    write({ apiVersion: 'v1', kind: 'ConfigMap', metadata: named('settings-primary', owner), data: config['data'] });
  }
  write({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: named('podinfo-primary', owner, { app: 'podinfo-primary' }),
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'podinfo-primary' } },
      template: primaryTemplate(recordAt(target, 'spec', 'template'), options.primaryImage),
    },
  });
  await world.clock.until(() => at(deployment(world, 'podinfo-primary'), 'status', 'readyReplicas') === 2, 30_000);
  write(service('podinfo-primary', 'podinfo-primary', true));
  write(service('podinfo-canary', 'podinfo', true));
  write(service('podinfo', 'podinfo-primary', false));
  const backend = (name: string, weight: number) => ({ group: '', kind: 'Service', name, port: 80, weight });
  write({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: named('podinfo', owner),
    spec: {
      parentRefs: [GATEWAY],
      hostnames: [HOST],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          backendRefs: [backend('podinfo-primary', 100), backend('podinfo-canary', 0)],
        },
      ],
    },
  });
  const { phase = 'Succeeded' } = options;
  const stands = deployment(world, 'podinfo') ?? target;
  write({ ...stands, spec: { ...recordAt(stands, 'spec'), replicas: 0 } });
  const status = { phase, canaryWeight: 0, lastAppliedSpec: '5978589476', lastPromotedSpec: '5978589476' };
  world.cluster.api.writeStatus(refOf(canary), status, manager);
  await world.clock.advance(5_000);
};
