import { kubectl } from '../../cluster/rig/kubectl.ts';
import type { Rig } from '../../cluster/rig/rig.ts';

/** Resolves when it is gone with its pods: their ends would be changes that the planes take among what is measured. */
export const removeNamespace = (rig: Rig, name: string): Promise<string> =>
  kubectl(rig, ['delete', 'namespace', name, '--ignore-not-found', '--timeout=90s']);
