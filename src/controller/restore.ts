import { refOf } from '../lib/kube-object.ts';
import { kindOf } from '../workload/kinds/kind-of.ts';
import type { Write } from '../workload/kinds/target-kind.ts';
import { apexRestorePatch, OWNED_KINDS } from '../workload/restore.ts';
import type { Caches } from './caches.ts';
import type { ClusterWriter } from './cluster-writer.ts';
import type { Scene } from './scene.ts';
import { idleCanary, workloadRef } from './wanted-objects.ts';

/** Writes what a kind of target asks for. */
export const write = (wanted: Write, writer: ClusterWriter): Promise<void> =>
  wanted.type === 'apply' ? writer.apply(wanted.object) : writer.merge(wanted.ref, wanted.patch);

/** Brings the target to so many replicas; nothing where its pods are not Serin's to run. */
export const scaleTarget = async (
  replicas: number,
  scene: Scene,
  { caches, writer }: { readonly caches: Caches; readonly writer: ClusterWriter },
): Promise<void> => {
  const target = caches.get(workloadRef(scene, scene.names.target));
  const wanted = target && kindOf(target).scaled(target, replicas);
  if (wanted !== undefined) await write(wanted, writer);
};

/** Takes the canary away. */
export const removeCanary = async (scene: Scene, writer: ClusterWriter): Promise<void> => {
  const idle = idleCanary(scene);
  if (idle === undefined) await writer.remove(workloadRef(scene, scene.names.workload.canary));
  else await writer.apply(idle);
};

/** Hands an adopted apex Service back to the target's pods. */
export const restoreApex = async (scene: Scene, writer: ClusterWriter): Promise<void> => {
  const { canary, names, view } = scene;
  const apex = view.get({ apiVersion: 'v1', kind: 'Service', namespace: canary.namespace, name: names.apex });
  const target = view.get(workloadRef(scene, names.target));
  if (apex === undefined) return;
  const primary = view.get(workloadRef(scene, names.workload.primary));
  const patch = apexRestorePatch(apex, { target, primary });
  if (patch !== undefined) await writer.merge(refOf(apex), patch);
};

/**
 * Deletes everything that Serin made for the Canary; its run records stay as history. What is refused keeps nothing else
 * from going; the first refusal is thrown when all has been tried.
 */
export const deleteOwned = async (
  { canary }: Scene,
  { caches, writer }: { readonly caches: Caches; readonly writer: ClusterWriter },
): Promise<void> => {
  const refusals: unknown[] = [];
  for (const { kind } of OWNED_KINDS) {
    const owned = caches.byIndex(kind, { index: 'canaryUid', value: canary.uid });
    for (const object of owned) await writer.remove(refOf(object)).catch((error: unknown) => refusals.push(error));
  }
  if (refusals.length > 0) throw refusals[0];
};
