import { join } from 'node:path';
import { kubectl } from '../rig/kubectl.ts';
import type { Rig } from '../rig/rig.ts';
import { overlay } from './overlay.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
export const SERIN_NAMESPACE = 'serin-system';
/** The account that deploy/ makes, and whose rights the controllers of the tests have. */
export const SERIN_ACCOUNT = { namespace: SERIN_NAMESPACE, name: 'serin' };

/** Applies a folder of the repository as its README says. */
export const applyFolder = (rig: Rig, folder: string): Promise<string> =>
  kubectl(rig, ['apply', '--server-side', '--force-conflicts', '-k', join(ROOT, folder)]);

/**
 * Installs Serin as its README says, but without pods: the test runs the controller as a process of its own, with a
 * ServiceAccount's token.
 */
export const installSerin = async (rig: Rig): Promise<void> => {
  const folder = overlay(rig, { folder: 'deploy/kustomize', namespace: SERIN_NAMESPACE }, { replicas: 0 });
  await kubectl(rig, ['apply', '--server-side', '--force-conflicts', '-k', folder]);
  await kubectl(rig, ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
  await applyFolder(rig, 'analysis-templates');
};
