import type { Cancel } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import type { ClusterBackend, ClusterEvent } from '../backend.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import { createHpaController } from './autoscaling/hpa-controller.ts';
import { createKedaOperator } from './autoscaling/keda-operator.ts';
import { createDaemonSetController } from './daemon-set-controller.ts';
import { createDeploymentController } from './deployment-controller.ts';
import { createDisruptionController } from './disruption-controller.ts';
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
  /** How often autoscalers look at their metrics. */
  readonly autoscalerMs: number;
};

const DEFAULT_TIMINGS: WorkloadTimings = {
  controllerMs: 2,
  autoscalerMs: 15_000,
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
  /** What a PromQL query gives now, for KEDA's triggers; without it they give nothing. */
  readonly query?: (query: string) => number | undefined;
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
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
  { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
  { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject' },
] as const;

/**
 * Makes the Deployments, DaemonSets, Services and pods of a cluster behave: what kube-controller-manager, scheduler and
 * kubelet do, on one Node that is made here and on every other `sandboxNode`. Garbage collection is the API's. Returns
 * the end of it all; the network stays the caller's to close.
 */
export const startWorkloads = (options: WorkloadsOptions): Cancel => {
  const { backend, random, catalogue, network, timings, query = () => undefined } = options;
  const times = { ...DEFAULT_TIMINGS, ...timings };
  const index = new ObjectIndex([
    'ReplicaSet',
    'ControllerRevision',
    'Pod',
    'Service',
    'EndpointSlice',
    'PodDisruptionBudget',
  ]);
  const delayMs = times.controllerMs;
  const keda = createKedaOperator({ backend, query, delayMs });
  const controllers = [
    createDeploymentController({ backend, index, delayMs }),
    createDaemonSetController({ backend, index, random, delayMs }),
    createReplicaSetController({ backend, index, random, delayMs }),
    createEndpointSliceController({ backend, index, delayMs }),
    createKubelet({ backend, network, catalogue, timings: times }),
    createDisruptionController({ backend, index, delayMs }),
    createHpaController({ backend, index, network, syncMs: times.autoscalerMs, external: keda.external }),
    keda,
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
