import { stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';

const PROVIDER = 'sandbox://';

/** The node that runs every pod that asks for no other. */
export const NODE = 'sandbox';

/** A Node whose pods the sandbox's kubelet runs; put it into the API, and it is there. */
export const sandboxNode = (name: string, labels: Readonly<Record<string, string>> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', ...labels } },
  spec: { providerID: `${PROVIDER}${name}` },
});

/** True for a Node whose pods the sandbox's kubelet runs. */
export const isRunHere = (node: KubeObject): boolean =>
  stringAt(node, 'spec', 'providerID')?.startsWith(PROVIDER) === true;
