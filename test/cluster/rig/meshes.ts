import { join } from 'node:path';
import { installGlooCrds } from './gloo.ts';
import { kubectl } from './kubectl.ts';
import type { Rig } from './rig.ts';

const COPIES = join(import.meta.dirname, '..', '..', 'traffic');

/** Copies of CRDs that the contract of routers is held against, too. */
const FILES = [
  ...['virtualservices', 'destinationrules', 'gateways'].map((name) => `istio/${name}.networking.istio.io.yaml`),
  ...['meshes', 'virtualnodes', 'virtualrouters', 'virtualservices'].map(
    (name) => `app-mesh/${name}.appmesh.k8s.aws.yaml`,
  ),
];

/** Installs the CRDs of planes of which no control plane is there. */
export const installMeshCrds = async (rig: Rig): Promise<void> => {
  const files = FILES.flatMap((name) => ['-f', join(COPIES, name)]);
  await kubectl(rig, ['apply', '--server-side', '--force-conflicts', ...files]);
  await installGlooCrds(rig);
};
