import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Address of everything that is not a pod, in the rig's own network namespace. */
export const ADDRESS = '10.244.255.1';
export const PORTS = {
  api: 6443,
  etcd: 2379,
  web: 8000,
  traefik: 8090,
  prometheus: 9090,
  git: 3000,
  istioWeb: 8001,
  istiodXds: 15010,
  istiod: 15014,
  istiodHealth: 15080,
  envoyAdmin: 15000,
  meshWeb: 8002,
  meshAdmin: 15002,
  meshWebhook: 8443,
  refusingWebhook: 8444,
  glooWeb: 8003,
  glooAdmin: 15003,
  resourceMetrics: 8445,
} as const;

/** Users of the token file: one a component, so that the audit log tells who asked for what. */
export const USERS = [
  ...['admin', 'controller-manager', 'kubelet', 'traefik', 'flux', 'gitops', 'istiod'],
  ...['app-mesh', 'gloo'],
] as const;
export type User = (typeof USERS)[number];

/** A cluster on this machine: a network namespace and a folder of the same name. */
export type Rig = {
  readonly name: string;
  /** Everything it writes: data, logs, credentials. */
  readonly folder: string;
  /** Programs. */
  readonly bin: string;
};

export const rigOf = (name: string): Rig => {
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) {
    throw new RangeError(`Cannot name a cluster "${name}": want at most 31 lower-case letters, digits and hyphens`);
  }
  const folder = join(tmpdir(), `serin-cluster-${name}`);
  return { name, folder, bin: join(folder, 'bin') };
};

export const SERVER = `https://${ADDRESS}:${PORTS.api}`;
export const CERTIFICATE = join('api-server', 'apiserver.crt');

/** The kubeconfig of a user of the token file. */
export const kubeconfigOf = ({ folder }: Rig, user: User): string => join(folder, `${user}.kubeconfig`);

/** A program of the rig's, by name. */
export const program = ({ bin }: Rig, name: string): string => join(bin, name);

/** What was installed for it, as `Parts`. */
export const partsFile = ({ folder }: Rig): string => join(folder, 'parts.json');
