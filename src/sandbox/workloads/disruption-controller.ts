import { listAt, recordAt, sameJson } from '../../lib/json.ts';
import { type KubeObject, keyOf, refOf } from '../../lib/kube-object.ts';
import type { ClusterBackend, ClusterEvent } from '../backend.ts';
import { carriedOver } from './conditions.ts';
import type { EventController } from './event-controller.ts';
import { KeyQueue } from './key-queue.ts';
import { selects } from './label-selector.ts';
import type { ObjectIndex } from './object-index.ts';
import { controllerOf, MANAGER } from './ownership.ts';
import { hasEnded, isReady } from './pod-status.ts';
import { wantedReplicas } from './replica-sets-of.ts';

const BUDGET = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' } as const;

/** A number of pods, or of hundredths of `of`; Kubernetes rounds up for both fields. */
const podsOf = (value: unknown, of: number): number =>
  typeof value === 'number' ? value : Math.ceil((Number.parseInt(String(value), 10) * of) / 100);

const selectsPod = (budget: KubeObject, pod: KubeObject): boolean => {
  const selector = recordAt(budget, 'spec')['selector'];
  const isEmpty = selector !== undefined && Object.keys(recordAt(selector)).length === 0;
  return isEmpty || selects(selector, pod.metadata.labels ?? {});
};

/**
 * PodDisruptionBudgets as kube-controller-manager's disruption controller counts them: how many pods are expected by
 * the workloads behind them, how many are healthy, how many may go. Pods that nothing controls count themselves.
 */
export const createDisruptionController = (options: {
  readonly backend: ClusterBackend;
  readonly index: ObjectIndex;
  /** From a change to the controller's reaction. */
  readonly delayMs: number;
}): EventController => {
  const { backend, index, delayMs } = options;
  const { clock } = backend;

  /** The workload whose size counts for a pod: the Deployment behind its ReplicaSet, or what controls it. */
  const scaled = (pod: KubeObject): KubeObject | undefined => {
    const { namespace = '' } = pod.metadata;
    const owner = controllerOf(pod);
    const set = owner && backend.read({ apiVersion: owner.apiVersion, kind: owner.kind, namespace, name: owner.name });
    const above = set && controllerOf(set);
    return above === undefined
      ? set
      : backend.read({ apiVersion: above.apiVersion, kind: above.kind, namespace, name: above.name });
  };

  const expectedOf = (pods: readonly KubeObject[]): number => {
    const workloads = new Map<string, KubeObject>();
    let bare = 0;
    for (const pod of pods) {
      const workload = scaled(pod);
      if (workload === undefined) bare++;
      else workloads.set(workload.metadata.uid ?? '', workload);
    }
    return [...workloads.values()].reduce((sum, workload) => sum + wantedReplicas(workload), bare);
  };

  const sync = (key: string): void => {
    const [namespace = '', name = ''] = key.split('/');
    const budget = backend.read({ ...BUDGET, namespace, name });
    if (budget === undefined) return;
    const { minAvailable, maxUnavailable } = recordAt(budget, 'spec');
    const pods = index.list('Pod', namespace).filter((pod) => selectsPod(budget, pod) && !hasEnded(pod));
    const expectedPods =
      maxUnavailable === undefined && typeof minAvailable === 'number' ? pods.length : expectedOf(pods);
    const desiredHealthy =
      maxUnavailable === undefined
        ? podsOf(minAvailable ?? 0, expectedPods)
        : Math.max(0, expectedPods - podsOf(maxUnavailable, expectedPods));
    const currentHealthy = pods.filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined).length;
    const disruptionsAllowed = expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
    const may = disruptionsAllowed > 0;
    const condition = {
      type: 'DisruptionAllowed',
      status: may ? 'True' : 'False',
      reason: may ? 'SufficientPods' : 'InsufficientPods',
      message: '',
      observedGeneration: budget.metadata.generation ?? 0,
    } as const;
    const status = {
      conditions: [carriedOver(listAt(budget, 'status', 'conditions'), condition, clock.now())],
      currentHealthy,
      desiredHealthy,
      disruptionsAllowed,
      expectedPods,
      observedGeneration: budget.metadata.generation ?? 0,
    };
    if (!sameJson(status, budget['status'])) backend.writeStatus(refOf(budget), status, { manager: MANAGER });
  };

  const queue = new KeyQueue({ clock, delayMs, sync });

  const onEvent = ({ object }: ClusterEvent): void => {
    if (object.kind === BUDGET.kind) queue.add(keyOf(object.metadata));
    if (object.kind !== 'Pod' && object.kind !== 'Deployment') return;
    const { namespace = '' } = object.metadata;
    for (const budget of index.list(BUDGET.kind, namespace)) queue.add(keyOf(budget.metadata));
  };

  return { onEvent, stop: () => queue.stop() };
};
