import type { KubeObject } from '../lib/kube-object.ts';
import type { Waiting } from '../workload/config-tracking.ts';
import { foundPrimary } from '../workload/found-primary.ts';
import { type FoundRevision, findRevision } from '../workload/revision.ts';
import type { Scene } from './scene.ts';
import { workloadRef } from './wanted-objects.ts';

/** The version that the target asks for. */
export const desiredRevision = ({ around, configs, named }: Scene, target: KubeObject): FoundRevision | Waiting =>
  findRevision({ target, around, configs, named });

/** The version that a primary serves which Flagger has left and Serin has not made its own yet: see `foundPrimary`. */
export const observeFound = (
  scene: Scene,
  of: { readonly target: KubeObject; readonly desired: FoundRevision | Waiting },
): FoundRevision | Waiting | undefined => {
  const { names, view, configs, around } = scene;
  return foundPrimary(view.get(workloadRef(scene, names.workload.primary)), { ...of, around, configs });
};
