import { listAt, recordAt, sameJson, stringAt } from '../../lib/json.ts';
import { type KubeObject, keyOf, refOf } from '../../lib/kube-object.ts';
import type { ClusterBackend, ClusterEvent } from '../backend.ts';
import { conditionOf } from './conditions.ts';
import { deploymentStatus, isPaused, progressDeadline } from './deployment-status.ts';
import type { EventController } from './event-controller.ts';
import { KeyQueue } from './key-queue.ts';
import type { ObjectIndex } from './object-index.ts';
import { claim, controllerOf, MANAGER } from './ownership.ts';
import {
  followed,
  newReplicaSet,
  partition,
  REVISION_ANNOTATION,
  revisionOf,
  sizeAnnotations,
  statusCount,
  surplus,
  wantedReplicas,
} from './replica-sets-of.ts';
import { nextSizes, rolloutLimits, type SetSize } from './rolling-update.ts';

const KIND = { apiVersion: 'apps/v1', kind: 'Deployment' } as const;

export type DeploymentControllerOptions = {
  readonly backend: ClusterBackend;
  readonly index: ObjectIndex;
  /** From a change to the controller's reaction. */
  readonly delayMs: number;
};

const sizeOf = (set: KubeObject): SetSize => ({
  name: set.metadata.name,
  replicas: wantedReplicas(set),
  available: statusCount(set, 'availableReplicas'),
});

/**
 * Deployments as kube-controller-manager runs them: one ReplicaSet per template (also at 0 replicas), rolling update
 * or Recreate, revision numbers, history limit, status and conditions with the real reasons. A scaling in the middle
 * of a rolling update goes to the new ReplicaSet first instead of being shared out proportionally.
 */
export const createDeploymentController = (options: DeploymentControllerOptions): EventController => {
  const { backend, index, delayMs } = options;
  const { clock } = backend;
  const by = { manager: MANAGER };

  const resize = (
    set: KubeObject,
    { replicas, deployment }: { replicas: number; deployment: KubeObject },
  ): KubeObject => {
    if (wantedReplicas(set) === replicas) return set;
    const annotations = { ...set.metadata.annotations, ...sizeAnnotations(deployment) };
    const metadata = { ...set.metadata, annotations };
    return backend.write({ ...set, metadata, spec: { ...recordAt(set, 'spec'), replicas } }, by);
  };

  /** The revision is written through the status: as an annotation of the spec it would make a generation. */
  const annotated = (deployment: KubeObject, revision: number): KubeObject => {
    if (revisionOf(deployment) === revision) return deployment;
    const annotations = { [REVISION_ANNOTATION]: String(revision) };
    return backend.writeStatus(refOf(deployment), deployment['status'], { ...by, annotations });
  };

  const hasPods = (sets: readonly KubeObject[]): boolean =>
    sets.some((set) => index.owned('Pod', set.metadata.uid ?? '').length > 0);

  const roll = (deployment: KubeObject, fresh: KubeObject, old: readonly KubeObject[]): KubeObject => {
    const wanted = wantedReplicas(deployment);
    if (stringAt(deployment, 'spec', 'strategy', 'type') === 'Recreate') {
      for (const set of old) resize(set, { replicas: 0, deployment });
      return hasPods(old) ? fresh : resize(fresh, { replicas: wanted, deployment });
    }
    const limits = rolloutLimits(deployment['spec'], wanted);
    const sizes = nextSizes({ wanted, limits, fresh: sizeOf(fresh), old: old.map(sizeOf) });
    for (const set of old) resize(set, { replicas: sizes.get(set.metadata.name) ?? 0, deployment });
    return resize(fresh, { replicas: sizes.get(fresh.metadata.name) ?? wanted, deployment });
  };

  /** While paused nothing is rolled, but a rollout that stands on one ReplicaSet can be scaled. */
  const scalePaused = (deployment: KubeObject, sets: readonly KubeObject[]): void => {
    const active = sets.filter((set) => wantedReplicas(set) > 0);
    const newest = [...sets].sort((a, b) => revisionOf(b) - revisionOf(a))[0];
    const only = active.length === 0 ? newest : active.length === 1 ? active[0] : undefined;
    if (only !== undefined) resize(only, { replicas: wantedReplicas(deployment), deployment });
  };

  const sync = (key: string): void => {
    const [namespace = '', name = ''] = key.split('/');
    const ref = { ...KIND, namespace, name };
    let deployment = backend.read(ref);
    if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return;
    const selector = recordAt(deployment, 'spec', 'selector');
    const sets = claim(deployment, { backend, index, kind: 'ReplicaSet', selector });
    let { fresh, old } = partition(deployment, sets);
    let created = false;
    if (isPaused(deployment)) {
      scalePaused(deployment, sets);
    } else {
      const newest = Math.max(0, ...old.map(revisionOf));
      if (fresh === undefined) {
        fresh = backend.write(newReplicaSet(deployment, newest + 1), by);
        created = true;
      } else {
        fresh = backend.write(followed(fresh, { deployment, revision: newest + 1 }), by);
      }
      deployment = annotated(deployment, revisionOf(fresh));
      fresh = roll(deployment, fresh, old);
      old = old.map((set) => backend.read(refOf(set)) ?? set);
    }
    const status = deploymentStatus({ deployment, fresh, old, created, now: clock.now() });
    if (!sameJson(status, deployment['status'])) deployment = backend.writeStatus(ref, status, by);
    const progressing = conditionOf(listAt(status, 'conditions'), 'Progressing');
    if (stringAt(progressing, 'reason') === 'NewReplicaSetAvailable') {
      for (const set of surplus(deployment, old)) backend.remove(refOf(set));
    }
    const left = progressDeadline(deployment, clock.now());
    if (left !== undefined && left > 0) queue.addAfter(key, left);
  };

  const queue = new KeyQueue({ clock, delayMs, sync });

  const ownerKey = (object: KubeObject, kind: string): string | undefined => {
    const owner = controllerOf(object);
    return owner?.kind === kind ? keyOf({ namespace: object.metadata.namespace ?? '', name: owner.name }) : undefined;
  };

  const onEvent = ({ type, object }: ClusterEvent): void => {
    if (object.kind === 'Deployment') {
      queue.add(keyOf(object.metadata));
    } else if (object.kind === 'ReplicaSet') {
      const owner = ownerKey(object, 'Deployment');
      if (owner !== undefined) queue.add(owner);
      else if (type !== 'DELETED') {
        const namespace = object.metadata.namespace ?? '';
        for (const deployment of backend.list(KIND, { namespace })) queue.add(keyOf(deployment.metadata));
      }
    } else if (object.kind === 'Pod' && type === 'DELETED') {
      // Recreate waits for the last old pod to be gone.
      const set = controllerOf(object);
      const { namespace = '' } = object.metadata;
      const owned = set && backend.read({ apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace, name: set.name });
      const owner = owned && ownerKey(owned, 'Deployment');
      if (owner !== undefined) queue.add(owner);
    }
  };

  return { onEvent, stop: () => queue.stop() };
};
