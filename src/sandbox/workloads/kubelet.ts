import { stringAt } from '../../lib/json.ts';
import { type KubeObject, refOf } from '../../lib/kube-object.ts';
import type { ClusterEvent } from '../backend.ts';
import { nodeAskedFor } from './daemon-pod.ts';
import type { EventController } from './event-controller.ts';
import { RunningPod, type RunningPodOptions } from './running-pod.ts';
import { isRunHere, NODE } from './sandbox-node.ts';

/**
 * Scheduler and kubelets of the sandbox's nodes: a pod of a DaemonSet runs on the node that it is for, every other pod
 * on the first node, whatever its spec asks for. Pods for nodes that are not the sandbox's are left alone.
 */
export const createKubelet = (options: RunningPodOptions): EventController => {
  const pods = new Map<string, RunningPod>();
  const nodes = new Set<string>();

  /** The pods of a node that is gone end at once, and are forgotten as the pod garbage collector does it. */
  const lost = (name: string): void => {
    if (!nodes.delete(name)) return;
    const { backend } = options;
    const here = backend
      .list({ apiVersion: 'v1', kind: 'Pod' })
      .filter((pod) => stringAt(pod, 'spec', 'nodeName') === name);
    for (const pod of here) {
      pods.get(pod.metadata.uid ?? '')?.stop();
      backend.remove(refOf(pod), { gracePeriodSeconds: 0 });
    }
  };

  const onNode = ({ type, object }: ClusterEvent): void => {
    if (type === 'DELETED') lost(object.metadata.name);
    else if (isRunHere(object)) nodes.add(object.metadata.name);
  };

  const nodeFor = (pod: KubeObject): string => stringAt(pod, 'spec', 'nodeName') ?? nodeAskedFor(pod) ?? NODE;

  const onPod = ({ type, object }: ClusterEvent): void => {
    const uid = object.metadata.uid ?? '';
    const known = pods.get(uid);
    if (type === 'DELETED') {
      known?.stop();
      pods.delete(uid);
      return;
    }
    const node = nodeFor(object);
    if (known === undefined && !nodes.has(node)) return;
    const pod = known ?? new RunningPod(object, { ...options, node });
    if (known === undefined) pods.set(uid, pod);
    const { deletionTimestamp, deletionGracePeriodSeconds = 30 } = object.metadata;
    if (deletionTimestamp !== undefined) pod.terminate(deletionGracePeriodSeconds * 1000);
  };

  return {
    onEvent: (event) => {
      const { kind, metadata } = event.object;
      if (kind === 'Node') onNode(event);
      if (kind === 'Pod') onPod(event);
      if ((kind === 'ConfigMap' || kind === 'Secret') && event.type !== 'DELETED') {
        for (const pod of pods.values()) pod.configChanged(kind, metadata);
      }
    },
    stop: () => {
      for (const pod of pods.values()) pod.stop();
      pods.clear();
    },
  };
};
