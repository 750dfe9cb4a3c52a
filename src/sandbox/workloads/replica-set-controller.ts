import { recordAt, sameJson } from '../../lib/json.ts';
import { type KubeObject, keyOf, refOf } from '../../lib/kube-object.ts';
import type { Random } from '../../lib/random.ts';
import type { ClusterBackend, ClusterEvent } from '../backend.ts';
import type { EventController } from './event-controller.ts';
import { freeSuffix } from './free-name.ts';
import { KeyQueue } from './key-queue.ts';
import type { ObjectIndex } from './object-index.ts';
import { claim, controlledBy, controllerOf, MANAGER } from './ownership.ts';
import { availableIn } from './pod-availability.ts';
import { hasEnded, isReady } from './pod-status.ts';
import { wantedReplicas } from './replica-sets-of.ts';

const KIND = { apiVersion: 'apps/v1', kind: 'ReplicaSet' } as const;

export type ReplicaSetControllerOptions = {
  readonly backend: ClusterBackend;
  readonly index: ObjectIndex;
  readonly random: Random;
  /** From a change to the controller's reaction. */
  readonly delayMs: number;
};

const podOf = (set: KubeObject, suffix: string): KubeObject => {
  const template = recordAt(set, 'spec', 'template');
  const { labels, annotations } = recordAt(template, 'metadata');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...recordAt({ labels, annotations }),
      generateName: `${set.metadata.name}-`,
      name: `${set.metadata.name}-${suffix}`,
      namespace: set.metadata.namespace ?? '',
      ownerReferences: [controlledBy(set)],
    },
    spec: recordAt(template, 'spec'),
  };
};

/** Counts for the set's replicas: neither ended nor about to go. */
const isActive = (pod: KubeObject): boolean => pod.metadata.deletionTimestamp === undefined && !hasEnded(pod);

/** Those that go first when there are too many: not ready before ready, newest before oldest. */
const byDispensability = (a: KubeObject, b: KubeObject): number =>
  Number(isReady(a)) - Number(isReady(b)) ||
  (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '');

/** ReplicaSets as kube-controller-manager runs them: as many pods as wanted, and their counts in the status. */
export const createReplicaSetController = (options: ReplicaSetControllerOptions): EventController => {
  const { backend, index, random, delayMs } = options;
  const { clock } = backend;
  const by = { manager: MANAGER };

  const podFor = (set: KubeObject): KubeObject => {
    const { namespace = '', name } = set.metadata;
    return podOf(set, freeSuffix(name, { namespace, backend, random }));
  };

  const sync = (key: string): void => {
    const [namespace = '', name = ''] = key.split('/');
    const ref = { ...KIND, namespace, name };
    const set = backend.read(ref);
    if (set === undefined || set.metadata.deletionTimestamp !== undefined) return;
    const selector = recordAt(set, 'spec', 'selector');
    const pods = claim(set, { backend, index, kind: 'Pod', selector }).filter(isActive);
    const wanted = wantedReplicas(set);
    for (let count = pods.length; count < wanted; count++) backend.write(podFor(set), by);
    if (pods.length > wanted) {
      for (const pod of [...pods].sort(byDispensability).slice(0, pods.length - wanted)) backend.remove(refOf(pod));
    }
    const now = clock.now();
    const waits = pods.map((pod) => availableIn(pod, { owner: set, now })).filter((wait) => wait !== undefined);
    const labels = recordAt(set, 'spec', 'template', 'metadata', 'labels');
    const counts = {
      fullyLabeledReplicas: pods.filter((pod) => sameJson({ ...pod.metadata.labels, ...labels }, pod.metadata.labels))
        .length,
      readyReplicas: waits.length,
      availableReplicas: waits.filter((wait) => wait === 0).length,
    };
    const status = {
      replicas: pods.length,
      ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
      observedGeneration: set.metadata.generation ?? 1,
    };
    if (!sameJson(status, set['status'])) backend.writeStatus(ref, status, by);
    const soonest = Math.min(...waits.filter((wait) => wait > 0));
    if (Number.isFinite(soonest)) queue.addAfter(key, soonest);
  };

  const queue = new KeyQueue({ clock, delayMs, sync });

  const onEvent = ({ type, object }: ClusterEvent): void => {
    if (object.kind === 'ReplicaSet') queue.add(keyOf(object.metadata));
    if (object.kind !== 'Pod') return;
    const owner = controllerOf(object);
    const { namespace = '' } = object.metadata;
    if (owner?.kind === 'ReplicaSet') queue.add(keyOf({ namespace, name: owner.name }));
    else if (owner === undefined && type !== 'DELETED') {
      for (const set of backend.list(KIND, { namespace })) queue.add(keyOf(set.metadata));
    }
  };

  return { onEvent, stop: () => queue.stop() };
};
