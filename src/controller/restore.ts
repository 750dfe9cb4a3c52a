import type { KubeObject } from '../lib/kube-object.ts';
import { refOf } from '../lib/kube-object.ts';
import { apexRestorePatch, OWNED_KINDS } from '../workload/restore.ts';
import type { Caches } from './caches.ts';
import type { ClusterWriter } from './cluster-writer.ts';
import type { Scene } from './scene.ts';

/** Hands an adopted apex Service back to the target's pods. */
export const restoreApex = async ({ canary, names, view }: Scene, writer: ClusterWriter): Promise<void> => {
  const { namespace } = canary;
  const apex = view.get({ apiVersion: 'v1', kind: 'Service', namespace, name: names.apex });
  const target = view.get({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: names.target });
  if (apex === undefined || target === undefined) return;
  const patch = apexRestorePatch(apex, target);
  if (patch !== undefined) await writer.merge(refOf(apex), patch);
};

/** Deletes everything that Serin made for the Canary; its run records stay as history. */
export const deleteOwned = async (
  { canary }: Scene,
  { caches, writer }: { readonly caches: Caches; readonly writer: ClusterWriter },
): Promise<void> => {
  for (const { kind } of OWNED_KINDS) {
    const owned: readonly KubeObject[] = caches.byIndex(kind, { index: 'canaryUid', value: canary.uid });
    for (const object of owned) await writer.remove(refOf(object));
  }
};
