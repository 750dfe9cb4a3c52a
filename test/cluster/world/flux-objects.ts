import { gitLogin, gitUrl } from '../components/git-server.ts';
import type { Rig } from '../rig/rig.ts';
import type { Place } from './place.ts';

/** Flux applies a team's repository: looks for commits every 2 seconds, and re-applies everything every 10. */
export const fluxObjects = (rig: Rig, place: Place) => {
  const { namespace } = place;
  return [
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: 'team', namespace },
      spec: { interval: '2s', url: gitUrl(namespace), ref: { branch: 'main' }, secretRef: { name: 'git' } },
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'team', namespace },
      spec: {
        interval: '10s',
        retryInterval: '3s',
        timeout: '1m',
        path: './apps',
        prune: true,
        wait: true,
        force: false,
        sourceRef: { kind: 'GitRepository', name: 'team' },
      },
    },
    secret(namespace, 'git', gitLogin(rig)),
  ];
};

export const secret = (namespace: string, name: string, stringData: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  stringData,
});
