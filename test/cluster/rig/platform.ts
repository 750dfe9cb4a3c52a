import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { apply, kubectl } from './kubectl.ts';
import { ADDRESS, PORTS, type Rig } from './rig.ts';

/** The name and namespace of the Gateway that Traefik serves. */
export const GATEWAY = { name: 'edge', namespace: 'gateways' } as const;
export const WEB = `http://${ADDRESS}:${PORTS.web}`;

const namespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

/** What a platform team has in its cluster before Serin comes: CRDs, classes, a Gateway. */
export const installPlatform = async (rig: Rig, { crds }: { readonly crds: readonly string[] }): Promise<void> => {
  // A kustomization among them is for kubectl's -k and no object.
  const files = crds.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => !file.startsWith('kustomization'))
      .flatMap((file) => ['-f', join(folder, file)]),
  );
  await kubectl(rig, ['apply', '--server-side', '--force-conflicts', ...files]);
  await kubectl(rig, ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
  await apply(rig, [
    ...['gateways', 'flux-system', 'serin-system'].map(namespace),
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: 'traefik' },
      spec: { controllerName: 'traefik.io/gateway-controller' },
    },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: GATEWAY,
      spec: {
        gatewayClassName: 'traefik',
        listeners: [{ name: 'web', protocol: 'HTTP', port: PORTS.web, allowedRoutes: { namespaces: { from: 'All' } } }],
      },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'nginx' },
      spec: { controller: 'k8s.io/ingress-nginx' },
    },
  ]);
};
