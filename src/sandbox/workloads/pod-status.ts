import { listAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { timestamp } from '../api/metadata.ts';
import { carriedOver, conditionStatus } from './conditions.ts';
import type { Image } from './image-catalogue.ts';

export type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly kind: 'running'; readonly startedAt: number };

/** What the end of a container's last process said. */
export type ContainerEnd = {
  readonly exitCode: number;
  /** @default 'Error' */
  readonly reason?: string;
  readonly startedAt: number;
  readonly finishedAt: number;
};

export type ContainerReport = {
  readonly name: string;
  /** As the pod's spec has it. */
  readonly image: string;
  readonly found: Image | undefined;
  readonly state: ContainerState;
  readonly ready: boolean;
  readonly restarts: number;
  readonly lastEnd: ContainerEnd | undefined;
};

export type PodReport = {
  readonly pod: KubeObject;
  readonly podIP: string;
  /** @default '10.244.0.1' */
  readonly hostIP?: string;
  readonly startTime: number;
  readonly containers: readonly ContainerReport[];
  readonly now: number;
};

/** The pod's condition Ready. */
export const isReady = (pod: KubeObject): boolean =>
  conditionStatus(listAt(pod, 'status', 'conditions'), 'Ready') === 'True';

/** True when its containers have ended for good. */
export const hasEnded = (pod: KubeObject): boolean =>
  ['Succeeded', 'Failed'].includes(stringAt(pod, 'status', 'phase') ?? '');

const stateJson = (state: ContainerState): Readonly<Record<string, unknown>> => {
  if (state.kind === 'running') return { running: { startedAt: timestamp(state.startedAt) } };
  return { waiting: { reason: state.reason, ...(state.message === undefined ? {} : { message: state.message }) } };
};

const containerJson = (container: ContainerReport): Readonly<Record<string, unknown>> => {
  const { found, lastEnd } = container;
  const terminated = lastEnd && {
    exitCode: lastEnd.exitCode,
    reason: lastEnd.reason ?? 'Error',
    startedAt: timestamp(lastEnd.startedAt),
    finishedAt: timestamp(lastEnd.finishedAt),
  };
  return {
    name: container.name,
    image: container.image,
    // Empty until the image is there, as a kubelet over containerd reports it.
    imageID: found === undefined ? '' : `${found.repository}@${found.digest}`,
    state: stateJson(container.state),
    lastState: terminated === undefined ? {} : { terminated },
    ready: container.ready,
    started: container.state.kind === 'running',
    restartCount: container.restarts,
  };
};

/** The pod's status as a kubelet reports it. A container that crashed keeps the pod Running. */
export const podStatus = (report: PodReport): Readonly<Record<string, unknown>> => {
  const { pod, podIP, hostIP = '10.244.0.1', startTime, containers, now } = report;
  const before = listAt(pod, 'status', 'conditions');
  const begun = containers.every(({ state, restarts }) => state.kind === 'running' || restarts > 0);
  const unready = containers.filter((container) => !container.ready).map((container) => container.name);
  const readiness: { status: 'True' | 'False'; reason?: string; message?: string } =
    unready.length === 0
      ? { status: 'True' }
      : {
          status: 'False',
          reason: 'ContainersNotReady',
          message: `containers with unready status: [${unready.join(' ')}]`,
        };
  const condition = (type: string, told: typeof readiness) => carriedOver(before, { type, ...told }, now);
  return {
    phase: begun ? 'Running' : 'Pending',
    conditions: [
      condition('PodScheduled', { status: 'True' }),
      condition('Initialized', { status: 'True' }),
      condition('ContainersReady', readiness),
      condition('Ready', readiness),
    ],
    hostIP,
    hostIPs: [{ ip: hostIP }],
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: timestamp(startTime),
    containerStatuses: containers.map(containerJson),
  };
};
