import type { Cancel } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import type { ClusterBackend, ClusterEvent } from '../backend.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import { createDaemonSetController } from './daemon-set-controller.ts';
import { createDeploymentController } from './deployment-controller.ts';
import { createEndpointSliceController } from './endpoint-slice-controller.ts';
import type { ImageCatalogue } from './image-catalogue.ts';
import { createKubelet } from './kubelet.ts';
import { ObjectIndex } from './object-index.ts';
import { createReplicaSetController } from './replica-set-controller.ts';
import type { KubeletTimings } from './running-pod.ts';
import { NODE, sandboxNode } from './sandbox-node.ts';

export type WorkloadTimings = KubeletTimings & {
  /** From a change to the reaction of the Deployment, DaemonSet, ReplicaSet and EndpointSlice controllers. */
  readonly controllerMs: number;
};

const DEFAULT_TIMINGS: WorkloadTimings = {
  controllerMs: 2,
  scheduleMs: 5,
  startMs: 50,
  drainMs: 1000,
  backOffMs: 10_000,
  maxBackOffMs: 300_000,
};

export type WorkloadsOptions = {
  readonly backend: ClusterBackend;
  readonly random: Random;
  readonly catalogue: ImageCatalogue;
  readonly network: PodNetwork;
  readonly timings?: Partial<WorkloadTimings>;
};

const WATCHED = [
  { apiVersion: 'v1', kind: 'Node' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'apps/v1', kind: 'DaemonSet' },
  { apiVersion: 'apps/v1', kind: 'ControllerRevision' },
  { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  { apiVersion: 'v1', kind: 'Pod' },
] as const;

/**
 * Makes the Deployments, DaemonSets, Services and pods of a cluster behave: what kube-controller-manager, scheduler and
 * kubelet do, on one Node that is made here and on every other `sandboxNode`. Garbage collection is the API's. Returns
 * the end of it all; the network stays the caller's to close.
 */
export const startWorkloads = ({ backend, random, catalogue, network, timings }: WorkloadsOptions): Cancel => {
  const times = { ...DEFAULT_TIMINGS, ...timings };
  const index = new ObjectIndex(['ReplicaSet', 'ControllerRevision', 'Pod', 'Service', 'EndpointSlice']);
  const delayMs = times.controllerMs;
  const controllers = [
    createDeploymentController({ backend, index, delayMs }),
    createDaemonSetController({ backend, index, random, delayMs }),
    createReplicaSetController({ backend, index, random, delayMs }),
    createEndpointSliceController({ backend, index, delayMs }),
    createKubelet({ backend, network, catalogue, timings: times }),
  ];
  const onEvent = (event: ClusterEvent): void => {
    index.apply(event);
    for (const controller of controllers) controller.onEvent(event);
  };
  backend.write(sandboxNode(NODE), { manager: 'kubelet' });
  for (const kind of WATCHED) for (const object of backend.list(kind)) onEvent({ type: 'ADDED', object });
  const unsubscribe = backend.subscribe(onEvent);
  return () => {
    unsubscribe();
    for (const controller of controllers) controller.stop();
  };
};
