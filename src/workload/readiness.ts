import type { Digests } from '../api/canary-status.ts';
import { foreignWriterOf } from '../api/field-owner.ts';
import { REVISION_LABEL } from '../api/names.ts';
import { covers } from '../lib/covers.ts';
import { at, listAt, numberAt, sameJson, stringAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import type { WorkloadView } from '../rollout/observed.ts';
import { readyEndpoints } from './endpoints.ts';
import { imagesOf, templateOf, withDigests } from './pod-template.ts';
import { podTrouble } from './pod-trouble.ts';
import { currentReplicaSet, isOwnedBy } from './replica-set.ts';
import { isObserved } from './revision.ts';

const condition = (object: KubeObject, type: string): unknown =>
  listAt(object, 'status', 'conditions').find((entry) => stringAt(entry, 'type') === type);

const isReady = (pod: KubeObject): boolean => stringAt(condition(pod, 'Ready'), 'status') === 'True';

const resolved = (value: unknown, { of, round }: { readonly of: number; readonly round: 'up' | 'down' }): number => {
  if (typeof value === 'number') return value;
  const percent = Number.parseInt(typeof value === 'string' ? value : '25%', 10);
  return round === 'up' ? Math.ceil((percent * of) / 100) : Math.floor((percent * of) / 100);
};

/**
 * True when a rolling update takes no ready pod away before its successor is ready. Percentages resolve as in
 * Kubernetes: surge up, unavailable down, and when both come to 0, unavailable is 1.
 */
export const keepsCapacity = (workload: KubeObject): boolean => {
  const strategy = at(workload, 'spec', 'strategy');
  if ((stringAt(strategy, 'type') ?? 'RollingUpdate') !== 'RollingUpdate') return false;
  const replicas = numberAt(workload, 'spec', 'replicas') ?? 1;
  const surge = resolved(at(strategy, 'rollingUpdate', 'maxSurge'), { of: replicas, round: 'up' });
  const unavailable = resolved(at(strategy, 'rollingUpdate', 'maxUnavailable'), { of: replicas, round: 'down' });
  return unavailable === 0 && surge > 0;
};

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
const worstTrouble = (pods: readonly KubeObject[]): string | undefined =>
  pods
    .map(podTrouble)
    .filter((trouble) => trouble !== undefined)
    .sort((a, b) => a.rank - b.rank)[0]?.text;

/** Why the workload is not ready, the most telling reason first. */
const waitingFor = (
  workload: KubeObject,
  {
    pods,
    wanted,
    available,
  }: { readonly pods: readonly KubeObject[]; readonly wanted: number; readonly available: number },
): string => {
  if (!isObserved(workload)) return 'Kubernetes has not acted on its newest spec yet';
  if (wanted === 0) return 'no replicas are wanted';
  const refused = stringAt(condition(workload, 'ReplicaFailure'), 'status') === 'True';
  const refusal = refused ? stringAt(condition(workload, 'ReplicaFailure'), 'message') : undefined;
  const old = (numberAt(workload, 'status', 'replicas') ?? 0) - (numberAt(workload, 'status', 'updatedReplicas') ?? 0);
  const counts =
    available < wanted || old <= 0
      ? `${available} of ${wanted} pods ready`
      : `${old} ${old === 1 ? 'pod' : 'pods'} of an older template left`;
  const why = worstTrouble(pods) ?? (refusal === undefined ? undefined : `pods are refused: ${refusal}`);
  return why === undefined ? counts : `${counts}: ${why}`;
};

/**
 * Who has changed the template from what was applied. What admission has changed on the way counts as applied by Serin,
 * and what somebody has only added to a map, such as the annotation of a restart, is no other version.
 */
const changerOf = (workload: KubeObject, recorded: KubeObject): string | undefined =>
  covers(templateOf(workload), templateOf(recorded)) ? undefined : foreignWriterOf(workload, ['f:spec', 'f:template']);

/** A primary or canary Deployment as `decide` sees it. */
export const workloadView = ({
  workload,
  replicaSets,
  pods,
  slices,
  digests,
  wanted: recorded,
}: {
  readonly workload: KubeObject;
  /** Its ReplicaSets; others among them do no harm. */
  readonly replicaSets: readonly KubeObject[];
  /** Its pods; others among them do no harm. */
  readonly pods: readonly KubeObject[];
  /** EndpointSlices of its side's Service. */
  readonly slices: readonly KubeObject[];
  /** Digests that its images should be pinned to. */
  readonly digests?: Digests | undefined;
  /** The Deployment as it was applied for its revision; undefined when that is not known any more. */
  readonly wanted?: KubeObject | undefined;
}): WorkloadView => {
  const status = (field: string): number => numberAt(workload, 'status', field) ?? 0;
  const wanted = numberAt(workload, 'spec', 'replicas') ?? 1;
  const ready =
    isObserved(workload) &&
    wanted > 0 &&
    status('updatedReplicas') === wanted &&
    status('availableReplicas') === wanted &&
    status('replicas') === wanted;

  const replicaSet = currentReplicaSet(workload, replicaSets);
  const newest = pods.filter((pod) => isOwnedBy(pod, replicaSet?.metadata.uid));
  const running = digestsOf(newest.filter(isReady));
  const progressing = condition(workload, 'Progressing');
  const template = templateOf(workload);
  const changedBy = recorded && changerOf(workload, recorded);
  // A pod fails before the Deployment's status counts it out.
  const waiting = ready
    ? worstTrouble(newest)
    : waitingFor(workload, { pods: newest, wanted, available: status('availableReplicas') });
  return {
    revision: workload.metadata.labels?.[REVISION_LABEL] ?? '',
    pinned: sameJson(imagesOf(withDigests(template, digests ?? {})), imagesOf(template)),
    ...(changedBy === undefined ? {} : { changedBy }),
    replicas: wanted,
    readyReplicas: status('readyReplicas'),
    ready,
    endpoints: readyEndpoints(slices).length,
    ...(waiting === undefined ? {} : { waiting }),
    deadlineExceeded:
      isObserved(workload) &&
      stringAt(progressing, 'status') === 'False' &&
      stringAt(progressing, 'reason') === 'ProgressDeadlineExceeded',
    keepsCapacity: keepsCapacity(workload),
    ...(running === undefined ? {} : { digests: running }),
    deleting: workload.metadata.deletionTimestamp !== undefined,
  };
};
