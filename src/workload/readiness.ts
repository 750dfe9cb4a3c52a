import type { Digests } from '../api/canary-status.ts';
import { foreignWriterOf } from '../api/field-owner.ts';
import { covers } from '../lib/covers.ts';
import { listAt, numberAt, stringAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { templateOf } from './pod-template.ts';
import { podTrouble } from './pod-trouble.ts';

/** A condition of an object's status, by its type. */
export const conditionOf = (object: KubeObject, type: string): unknown =>
  listAt(object, 'status', 'conditions').find((entry) => stringAt(entry, 'type') === type);

/** True for a pod that is ready. */
export const isReady = (pod: KubeObject): boolean => stringAt(conditionOf(pod, 'Ready'), 'status') === 'True';

/** True when Kubernetes has acted on the newest spec of a workload. */
export const isObserved = (workload: KubeObject): boolean =>
  (numberAt(workload, 'status', 'observedGeneration') ?? 0) >= (workload.metadata.generation ?? 0);

/**
 * Digests that the pods' containers run, by container name. A container whose runtime tells none (an image that was
 * never pulled) is left out; undefined when there is no pod, or when two pods run different images.
 */
export const digestsOf = (pods: readonly KubeObject[]): Digests | undefined => {
  if (pods.length === 0) return undefined;
  const digests: Record<string, string> = {};
  const statuses = pods.flatMap((pod) => [
    ...listAt(pod, 'status', 'initContainerStatuses'),
    ...listAt(pod, 'status', 'containerStatuses'),
  ]);
  for (const status of statuses) {
    const name = stringAt(status, 'name');
    const digest = /@(sha256:[0-9a-f]{64})$/.exec(stringAt(status, 'imageID') ?? '')?.[1];
    if (name === undefined || digest === undefined) continue;
    if (digests[name] !== undefined && digests[name] !== digest) return undefined;
    digests[name] = digest;
  }
  return digests;
};

/** The worst that is wrong with one of the pods, in words. */
export const worstTrouble = (pods: readonly KubeObject[]): string | undefined =>
  pods
    .map(podTrouble)
    .filter((trouble) => trouble !== undefined)
    .sort((a, b) => a.rank - b.rank)[0]?.text;

/**
 * Who has changed the template from what was applied. What admission has changed on the way counts as applied by Serin,
 * and what somebody has only added to a map, such as the annotation of a restart, is no other version.
 */
export const changerOf = (workload: KubeObject, recorded: KubeObject): string | undefined =>
  covers(templateOf(workload), templateOf(recorded)) ? undefined : foreignWriterOf(workload, ['f:spec', 'f:template']);
