import { stringAt } from '../../lib/json.ts';
import type { ClusterEvent } from '../backend.ts';
import type { EventController } from './event-controller.ts';
import { NODE, RunningPod, type RunningPodOptions } from './running-pod.ts';

/** The sandbox's one node: every pod runs on it, whatever its spec asks for, but those that name another node. */
export const createKubelet = (options: RunningPodOptions): EventController => {
  const pods = new Map<string, RunningPod>();

  const onPod = ({ type, object }: ClusterEvent): void => {
    const uid = object.metadata.uid ?? '';
    const known = pods.get(uid);
    if (type === 'DELETED') {
      known?.stop();
      pods.delete(uid);
      return;
    }
    if (known === undefined && (stringAt(object, 'spec', 'nodeName') ?? NODE) !== NODE) return;
    const pod = known ?? new RunningPod(object, options);
    if (known === undefined) pods.set(uid, pod);
    const { deletionTimestamp, deletionGracePeriodSeconds = 30 } = object.metadata;
    if (deletionTimestamp !== undefined) pod.terminate(deletionGracePeriodSeconds * 1000);
  };

  return {
    onEvent: (event) => {
      const { kind, metadata } = event.object;
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
