import { type KubeObject, type OwnerReference, refOf } from '../../lib/kube-object.ts';
import type { ClusterBackend } from '../backend.ts';
import { selects } from './label-selector.ts';
import type { ObjectIndex } from './object-index.ts';

/** Field manager of what the sandbox's own controllers write. */
export const MANAGER = 'kube-controller-manager';

/** The owner that controls the object, if any. */
export const controllerOf = (object: KubeObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller === true);

/** The reference by which `owner` controls what it makes. */
export const controlledBy = (owner: KubeObject): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
});

export type ClaimOptions = {
  readonly backend: ClusterBackend;
  readonly index: ObjectIndex;
  /** Kind of what is claimed. */
  readonly kind: string;
  /** The owner's LabelSelector. */
  readonly selector: unknown;
};

/**
 * What `owner` controls of a kind: its own that its selector still selects, and orphans that it selects, which it
 * adopts. Its own that it selects no more are released. What another controller owns is never touched.
 */
export const claim = (owner: KubeObject, { backend, index, kind, selector }: ClaimOptions): readonly KubeObject[] => {
  const uid = owner.metadata.uid ?? '';
  const own = index.owned(kind, uid);
  if (owner.metadata.deletionTimestamp !== undefined) return own;
  const claimed: KubeObject[] = [];
  const reowned = (object: KubeObject, ownerReferences: readonly OwnerReference[]): KubeObject =>
    backend.write({ ...object, metadata: { ...object.metadata, ownerReferences } }, { manager: MANAGER });
  for (const object of own) {
    if (selects(selector, object.metadata.labels ?? {})) claimed.push(object);
    else reowned(object, object.metadata.ownerReferences?.filter((reference) => reference.uid !== uid) ?? []);
  }
  for (const orphan of index.orphans(kind, owner.metadata.namespace ?? '')) {
    // Another owner may have adopted it a moment ago, of which the index has not heard yet.
    const object = backend.read(refOf(orphan));
    if (object === undefined || controllerOf(object) !== undefined) continue;
    if (object.metadata.deletionTimestamp !== undefined) continue;
    if (!selects(selector, object.metadata.labels ?? {})) continue;
    claimed.push(reowned(object, [...(object.metadata.ownerReferences ?? []), controlledBy(owner)]));
  }
  return claimed;
};
