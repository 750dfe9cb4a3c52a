import { parseCanaryStatus } from '../../api/canary-status.ts';
import { parseCanary } from '../../api/parse.ts';
import { listAt, numberAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { planOf } from '../../rollout/plan.ts';
import { namesOf } from '../../workload/names.ts';
import { imagesOf, templateOf } from '../../workload/pod-template.ts';
import { podTrouble } from '../../workload/pod-trouble.ts';
import { workloadView } from '../../workload/readiness.ts';
import { isOwnedBy } from '../../workload/replica-set.ts';
import { type CanaryView, canaryView, type PodLine, type WorkloadLine } from './canary-view.ts';

/** What is read beside the Canary, of its namespace. */
export type Workloads = {
  readonly deployment: (name: string) => KubeObject | undefined;
  readonly replicaSets: () => readonly KubeObject[];
  readonly pods: () => readonly KubeObject[];
};

const isReady = (pod: KubeObject): boolean =>
  listAt(pod, 'status', 'conditions').some(
    (condition) => stringAt(condition, 'type') === 'Ready' && stringAt(condition, 'status') === 'True',
  );

const podLine = (pod: KubeObject): PodLine => ({
  name: pod.metadata.name,
  reason:
    pod.metadata.deletionTimestamp === undefined ? (podTrouble(pod)?.why ?? 'its containers are starting') : 'stopping',
});

const workloadLine = (deployment: KubeObject, role: WorkloadLine['role'], workloads: Workloads): WorkloadLine => {
  const replicaSets = workloads.replicaSets().filter((set) => isOwnedBy(set, deployment.metadata.uid));
  const pods = workloads.pods().filter((pod) => replicaSets.some((set) => isOwnedBy(pod, set.metadata.uid)));
  const notReady = pods.filter((pod) => !isReady(pod)).map(podLine);
  const { waiting } = workloadView({ workload: deployment, replicaSets, pods, slices: [] });
  return {
    name: deployment.metadata.name,
    role,
    images: Object.values(imagesOf(templateOf(deployment))),
    wanted: numberAt(deployment, 'spec', 'replicas') ?? 1,
    ready: numberAt(deployment, 'status', 'readyReplicas') ?? 0,
    ...(waiting === undefined ? {} : { waiting }),
    ...(notReady.length === 0 ? {} : { pods: notReady }),
    ...(deployment.metadata.creationTimestamp === undefined
      ? {}
      : { createdAt: deployment.metadata.creationTimestamp }),
  };
};

/**
 * The view of a Canary from the objects as the API server has them; the sentence of what is wrong when its spec can't be
 * understood.
 */
export const viewOf = (
  object: KubeObject,
  options: { readonly cluster?: string; readonly workloads: Workloads },
): CanaryView | { readonly problem: string } => {
  const parsed = parseCanary(object);
  if (!parsed.ok) return { problem: parsed.problems.map(({ where, message }) => `${where}: ${message}`).join('\n') };
  const { spec } = parsed;
  const names = namesOf(spec);
  const lines = (['primary', 'canary'] as const).flatMap((role) => {
    const deployment = options.workloads.deployment(names.workload[role]);
    return deployment === undefined ? [] : [workloadLine(deployment, role, options.workloads)];
  });
  const { namespace = '', name, creationTimestamp } = object.metadata;
  return canaryView({
    namespace,
    name,
    ...(creationTimestamp === undefined ? {} : { createdAt: creationTimestamp }),
    ...(options.cluster === undefined ? {} : { cluster: options.cluster }),
    spec,
    status: parseCanaryStatus(object['status']),
    steps: planOf(spec).map(({ weight }) => weight),
    workloads: lines,
  });
};
