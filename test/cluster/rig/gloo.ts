import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringAt } from '#src/lib/json.ts';
import { kubectl } from './kubectl.ts';
import { partsFile, type Rig } from './rig.ts';

/** Of Gloo's kinds, those that a Canary has to do with. */
const FILES = ['gateway.solo.io_v1_RouteTable', 'gateway.solo.io_v1_VirtualService', 'gloo.solo.io_v1_Upstream'];

/** Installs Gloo's CRDs, and resolves when its kinds are served. No other test wants them: they are large. */
export const installGlooCrds = async (rig: Rig): Promise<void> => {
  const parts: unknown = JSON.parse(readFileSync(partsFile(rig), 'utf8'));
  const files = FILES.flatMap((name) => ['-f', join(stringAt(parts, 'gloo') ?? '', `${name}.yaml`)]);
  await kubectl(rig, ['apply', '--server-side', '--force-conflicts', ...files]);
  await kubectl(rig, ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
};
