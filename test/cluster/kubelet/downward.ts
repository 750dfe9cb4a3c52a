import { at, recordAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';

/** What the kubelet knows of a pod before the API does. */
export type PodPlace = { readonly address: string; readonly hostIP: string };

/** The field of a pod that a `fieldRef` names, as text; undefined when it is none that can be had. */
export const downwardField = (pod: KubeObject, path: string, { address, hostIP }: PodPlace): string | undefined => {
  const [, map, key] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? [];
  if (map !== undefined && key !== undefined) return stringAt(pod, 'metadata', map, key) ?? '';
  switch (path) {
    case 'status.podIP':
    case 'status.podIPs':
      return address;
    case 'status.hostIP':
    case 'status.hostIPs':
      return hostIP;
    case 'metadata.labels':
    case 'metadata.annotations':
      return Object.entries(recordAt(pod, ...path.split('.')))
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join('\n');
    case 'metadata.name':
    case 'metadata.namespace':
    case 'metadata.uid':
    case 'spec.nodeName':
    case 'spec.serviceAccountName': {
      const value = at(pod, ...path.split('.'));
      return typeof value === 'string' ? value : '';
    }
    default:
      return undefined;
  }
};
