import type { KubeObject } from '../lib/kube-object.ts';
import type { Waiting } from '../workload/config-tracking.ts';
import { foundPrimary } from '../workload/found-primary.ts';
import { type FoundRevision, findRevision } from '../workload/revision.ts';
import type { Scene } from './scene.ts';
import { deploymentRef } from './wanted-objects.ts';

/** The version that the target asks for. */
export const desiredRevision = ({ view, configs }: Scene, target: KubeObject): FoundRevision | Waiting => {
  const replicaSets = view.ownedBy('ReplicaSet', target.metadata.uid ?? '');
  return findRevision({ target, replicaSets, configs });
};

/** The version that a primary serves which Flagger has left and Serin has not made its own yet: see `foundPrimary`. */
export const observeFound = (
  scene: Scene,
  of: { readonly target: KubeObject; readonly desired: FoundRevision | Waiting },
): FoundRevision | Waiting | undefined => {
  const { names, view, configs } = scene;
  const primary = view.get(deploymentRef(scene, names.workload.primary));
  const replicaSets = primary === undefined ? [] : view.ownedBy('ReplicaSet', primary.metadata.uid ?? '');
  return foundPrimary(primary, { ...of, replicaSets, configs });
};
