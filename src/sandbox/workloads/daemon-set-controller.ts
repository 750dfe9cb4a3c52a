import { at, recordAt, sameJson, stringAt } from '../../lib/json.ts';
import { type KubeObject, keyOf, refOf } from '../../lib/kube-object.ts';
import type { Random } from '../../lib/random.ts';
import type { ClusterBackend, ClusterEvent } from '../backend.ts';
import { forgotten, hashOfRevision, history } from './daemon-history.ts';
import { daemonPod, fit, nodeOf } from './daemon-pod.ts';
import { type DaemonSteps, daemonLimits, manage, type NodePods, rollingUpdate } from './daemon-rollout.ts';
import type { EventController } from './event-controller.ts';
import { freeSuffix } from './free-name.ts';
import { KeyQueue } from './key-queue.ts';
import type { ObjectIndex } from './object-index.ts';
import { oldestFirst } from './oldest-first.ts';
import { claim, controllerOf, MANAGER } from './ownership.ts';
import { availableIn } from './pod-availability.ts';
import { hasEnded, isReady } from './pod-status.ts';

const KIND = { apiVersion: 'apps/v1', kind: 'DaemonSet' } as const;
const NODE = { apiVersion: 'v1', kind: 'Node' } as const;

export type DaemonSetControllerOptions = {
  readonly backend: ClusterBackend;
  readonly index: ObjectIndex;
  readonly random: Random;
  /** From a change to the controller's reaction. */
  readonly delayMs: number;
};

/** Not bound yet, and the node that it was for is gone. */
const isLost = (pod: KubeObject, nodes: readonly NodePods[]): boolean =>
  stringAt(pod, 'spec', 'nodeName') === undefined && nodes.every(({ node }) => node !== nodeOf(pod));

const isGoing = (pod: KubeObject): boolean => pod.metadata.deletionTimestamp !== undefined;

/**
 * DaemonSets as kube-controller-manager runs them: one ControllerRevision per template, one pod on every node that its
 * nodeSelector, nodeName and tolerations let it on, rolling update with maxSurge and maxUnavailable or OnDelete, and
 * the counts of its status. Node affinity is not looked at.
 */
export const createDaemonSetController = (options: DaemonSetControllerOptions): EventController => {
  const { backend, index, random, delayMs } = options;
  const { clock } = backend;
  const by = { manager: MANAGER };

  type Placed = NodePods & { readonly all: readonly KubeObject[] };

  /** Every node that is or has been one for the DaemonSet, by name, with its pods. */
  const placed = (
    daemonSet: KubeObject,
    { pods, hash }: { pods: readonly KubeObject[]; hash: string },
  ): readonly Placed[] => {
    const now = clock.now();
    const byNode = Map.groupBy(pods, (pod) => nodeOf(pod) ?? '');
    return backend
      .list(NODE)
      .map((node) => {
        const all = (byNode.get(node.metadata.name) ?? []).toSorted(oldestFirst);
        const alive = all.filter((pod) => !isGoing(pod) && !hasEnded(pod));
        return {
          node: node.metadata.name,
          ...fit(daemonSet, node),
          all,
          occupied: all.length > 0,
          pods: alive.map((pod) => ({
            name: pod.metadata.name,
            fresh: hashOfRevision(pod) === hash,
            ready: isReady(pod),
            available: availableIn(pod, { owner: daemonSet, now }) === 0,
          })),
        };
      })
      .sort((a, b) => a.node.localeCompare(b.node));
  };

  const act = (daemonSet: KubeObject, { create, remove, hash }: DaemonSteps & { hash: string }): boolean => {
    const { namespace = '', name: owner } = daemonSet.metadata;
    for (const name of remove) backend.remove({ apiVersion: 'v1', kind: 'Pod', namespace, name });
    for (const node of create) {
      const suffix = freeSuffix(owner, { namespace, backend, random });
      backend.write(daemonPod(daemonSet, { node, hash, suffix }), by);
    }
    return create.length + remove.length > 0;
  };

  const statusOf = (
    daemonSet: KubeObject,
    { nodes, hash }: { nodes: readonly Placed[]; hash: string },
  ): Readonly<Record<string, unknown>> => {
    const wanted = nodes.filter(({ shouldRun }) => shouldRun);
    const scheduled = wanted.filter(({ occupied }) => occupied);
    // The oldest pod of a node stands for it, also one that is going, as in Kubernetes.
    const shown = scheduled.flatMap(({ all }) => all[0] ?? []);
    const now = clock.now();
    const available = shown.filter((pod) => availableIn(pod, { owner: daemonSet, now }) === 0).length;
    const rest = {
      updatedNumberScheduled: shown.filter((pod) => hashOfRevision(pod) === hash).length,
      numberAvailable: available,
      numberUnavailable: wanted.length - available,
    };
    return {
      currentNumberScheduled: scheduled.length,
      numberMisscheduled: nodes.filter(({ shouldRun, occupied }) => !shouldRun && occupied).length,
      desiredNumberScheduled: wanted.length,
      numberReady: shown.filter(isReady).length,
      observedGeneration: daemonSet.metadata.generation ?? 1,
      ...Object.fromEntries(Object.entries(rest).filter(([, count]) => count > 0)),
    };
  };

  const sync = (key: string): void => {
    const [namespace = '', name = ''] = key.split('/');
    const ref = { ...KIND, namespace, name };
    const daemonSet = backend.read(ref);
    if (daemonSet === undefined || isGoing(daemonSet)) return;
    const selector = recordAt(daemonSet, 'spec', 'selector');
    const revisions = claim(daemonSet, { backend, index, kind: 'ControllerRevision', selector });
    const { current, old } = history(daemonSet, revisions);
    const hash = hashOfRevision(backend.write(current, by));
    const pods = claim(daemonSet, { backend, index, kind: 'Pod', selector });
    const nodes = placed(daemonSet, { pods, hash });
    for (const pod of pods.filter((pod) => isLost(pod, nodes))) backend.remove(refOf(pod));
    const limits = daemonLimits(daemonSet, nodes.filter(({ shouldRun }) => shouldRun).length);
    const acted = act(daemonSet, { ...manage(nodes, limits), hash });
    const rolls = at(daemonSet, 'spec', 'updateStrategy', 'type') === 'RollingUpdate';
    // One after the other: the update looks at what the first step has left.
    if (!acted && rolls) act(daemonSet, { ...rollingUpdate(nodes, limits), hash });
    for (const revision of forgotten(daemonSet, { old, pods })) backend.remove(refOf(revision));
    const status = statusOf(daemonSet, { nodes, hash });
    if (!sameJson(status, daemonSet['status'])) backend.writeStatus(ref, status, by);
    const now = clock.now();
    const waits = pods.map((pod) => availableIn(pod, { owner: daemonSet, now }) ?? 0).filter((wait) => wait > 0);
    if (waits.length > 0) queue.addAfter(key, Math.min(...waits));
  };

  const queue = new KeyQueue({ clock, delayMs, sync });

  const allOf = (namespace?: string): void => {
    const where = namespace === undefined ? {} : { namespace };
    for (const daemonSet of backend.list(KIND, where)) queue.add(keyOf(daemonSet.metadata));
  };

  const onEvent = ({ type, object }: ClusterEvent): void => {
    const { namespace = '' } = object.metadata;
    switch (object.kind) {
      case 'DaemonSet':
        queue.add(keyOf(object.metadata));
        break;
      case 'Node':
        allOf();
        break;
      case 'Pod':
      case 'ControllerRevision': {
        const owner = controllerOf(object);
        if (owner?.kind === 'DaemonSet') queue.add(keyOf({ namespace, name: owner.name }));
        else if (owner === undefined && type !== 'DELETED') allOf(namespace);
        break;
      }
      default:
        break;
    }
  };

  return { onEvent, stop: () => queue.stop() };
};
