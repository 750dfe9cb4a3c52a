import { join } from 'node:path';
import { kubectl } from '../rig/kubectl.ts';
import type { Rig } from '../rig/rig.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
export const SERIN_NAMESPACE = 'serin-system';
/** The account that deploy/ makes, and whose rights the controllers of the tests have. */
export const SERIN_ACCOUNT = { namespace: SERIN_NAMESPACE, name: 'serin' };

/** Applies a folder of the repository as its README says. */
export const applyFolder = (rig: Rig, folder: string): Promise<string> =>
  kubectl(rig, ['apply', '--server-side', '--force-conflicts', '-k', join(ROOT, folder)]);

/**
 * Installs Serin as its README says, but for the pods: the tests run the controller as a process that they can kill,
 * with the ServiceAccount's token.
 */
export const installSerin = async (rig: Rig): Promise<void> => {
  await applyFolder(rig, 'deploy/kustomize');
  await kubectl(rig, ['scale', '-n', SERIN_NAMESPACE, 'deployment/serin', '--replicas=0']);
  await kubectl(rig, ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
  await applyFolder(rig, 'analysis-templates');
};
