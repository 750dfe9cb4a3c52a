import type { KubeObject } from '../lib/kube-object.ts';
import { templateHash } from './pod-template.ts';

/** True when `object` is controlled by the object with this uid. */
export const isOwnedBy = (object: KubeObject, uid: string | undefined): boolean =>
  uid !== undefined && (object.metadata.ownerReferences ?? []).some((owner) => owner.uid === uid);

/**
 * The ReplicaSet that Kubernetes made for the Deployment's template as it stands; of several, the oldest, as the
 * Deployment controller picks it. Undefined while there is none.
 */
export const currentReplicaSet = (
  deployment: KubeObject,
  replicaSets: readonly KubeObject[],
): KubeObject | undefined => {
  const hash = templateHash(deployment);
  const age = (object: KubeObject): string => object.metadata.creationTimestamp ?? '';
  return replicaSets
    .filter((set) => isOwnedBy(set, deployment.metadata.uid) && set.metadata.deletionTimestamp === undefined)
    .filter((set) => templateHash(set) === hash)
    .reduce<KubeObject | undefined>((oldest, set) => (oldest && age(oldest) <= age(set) ? oldest : set), undefined);
};
