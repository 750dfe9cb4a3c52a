import type { KubeClient } from '../kube/client.ts';
import { isKubeError } from '../kube/kube-error.ts';
import { assertNever } from '../lib/assert-never.ts';
import { covers } from '../lib/covers.ts';
import { recordAt } from '../lib/json.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
import type { ObjectPatch } from '../traffic/router.ts';
import type { Caches } from './caches.ts';

/** Writes to the cluster; each write is seen by the next observation, before the watch shows it. */
export type ClusterWriter = {
  /** Server-side apply. */
  readonly apply: (object: KubeObject) => Promise<void>;
  /** For objects that are written once: one that is there already is taken for done. */
  readonly create: (object: KubeObject) => Promise<void>;
  readonly merge: (ref: ObjectRef, patch: Readonly<Record<string, unknown>>) => Promise<void>;
  /** An object that is gone meanwhile is no error: the watch will say so. */
  readonly status: (object: KubeObject) => Promise<void>;
  /** Deletes an object by the uid it was seen with, so that a new one of its name is never hit. */
  readonly remove: (ref: ObjectRef) => Promise<void>;
  /** What a router planned: one guarded write per object. */
  readonly patch: (patches: readonly ObjectPatch[]) => Promise<void>;
};

/** `onPruned` hears that a status came back without a field that was written. */
export const createClusterWriter = (
  client: KubeClient,
  caches: Caches,
  { onPruned }: { readonly onPruned: () => void },
): ClusterWriter => {
  const apply: ClusterWriter['apply'] = async (object) => caches.wrote(await client.apply(object));
  const merge: ClusterWriter['merge'] = async (ref, patch) => caches.wrote(await client.mergePatch(ref, patch));
  const remove: ClusterWriter['remove'] = async (ref) => {
    const uid = caches.get(ref)?.metadata.uid;
    if (uid === undefined) return;
    await client.delete(ref, { uid, propagationPolicy: 'Background' });
    caches.removed(ref, uid);
  };
  return {
    apply,
    merge,
    remove,
    create: async (object) => {
      try {
        caches.wrote(await client.create(object));
      } catch (error) {
        if (!isKubeError(error, 'AlreadyExists')) throw error;
      }
    },
    status: async (object) => {
      try {
        const written = await client.updateStatus(object);
        caches.wrote(written);
        if (!covers(written, { status: object['status'] })) onPruned();
      } catch (error) {
        if (!isKubeError(error, 'NotFound')) throw error;
      }
    },
    patch: async (patches) => {
      for (const patch of patches) {
        switch (patch.type) {
          case 'apply':
            await apply(patch.object);
            break;
          case 'merge': {
            const metadata = { ...recordAt(patch.patch, 'metadata'), resourceVersion: patch.resourceVersion };
            await merge(patch.ref, { ...patch.patch, metadata });
            break;
          }
          case 'delete':
            await remove(patch.ref);
            break;
          default:
            assertNever(patch, 'patch');
        }
      }
    },
  };
};
