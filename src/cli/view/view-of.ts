import type { CanarySpec } from '../../api/canary.ts';
import { type CanaryStatus, parseCanaryStatus } from '../../api/canary-status.ts';
import { parseCanary } from '../../api/parse.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { kindOf } from '../../workload/kinds/kind-of.ts';
import type { Around } from '../../workload/kinds/target-kind.ts';
import { namesOf } from '../../workload/names.ts';
import { podTrouble } from '../../workload/pod-trouble.ts';
import { isReady } from '../../workload/readiness.ts';
import { isOwnedBy } from '../../workload/replica-set.ts';
import { type CanaryView, canaryView, type PodLine, type WorkloadLine } from './canary-view.ts';

/** What is read beside the Canary, of its namespace. */
export type Workloads = {
  /** A side by its name. */
  readonly workload: (name: string) => KubeObject | undefined;
  readonly replicaSets: () => readonly KubeObject[];
  readonly pods: () => readonly KubeObject[];
  /** EndpointSlices of a Service. */
  readonly slices: (service: string) => readonly KubeObject[];
};

const podLine = (pod: KubeObject): PodLine => ({
  name: pod.metadata.name,
  reason:
    pod.metadata.deletionTimestamp === undefined ? (podTrouble(pod)?.why ?? 'its containers are starting') : 'stopping',
});

const aroundIn = ({ replicaSets, pods, slices }: Workloads): Around => ({
  ownedBy: (kind, uid) => {
    const objects = kind === 'Pod' ? pods() : kind === 'ReplicaSet' ? replicaSets() : [];
    return objects.filter((object) => isOwnedBy(object, uid));
  },
  pod: (name) => pods().find(({ metadata }) => metadata.name === name),
  slices,
});

/** Undefined for a side that stands for nothing at the moment. */
const workloadLine = (
  workload: KubeObject,
  role: WorkloadLine['role'],
  workloads: Workloads,
): WorkloadLine | undefined => {
  const kind = kindOf(workload);
  const around = aroundIn(workloads);
  const side = kind.view(workload, { around, beside: [], slices: [] });
  if (side === undefined) return undefined;
  const notReady = kind
    .pods(workload, around)
    .filter((pod) => !isReady(pod))
    .map(podLine);
  return {
    kind: workload.kind,
    name: workload.metadata.name,
    role,
    images: Object.values(kind.images(workload, around)),
    ...kind.counted(workload, around),
    ...(side.waiting === undefined ? {} : { waiting: side.waiting }),
    ...(notReady.length === 0 ? {} : { pods: notReady }),
    ...(workload.metadata.creationTimestamp === undefined ? {} : { createdAt: workload.metadata.creationTimestamp }),
  };
};

/** The view of a Canary whose spec and status are known; without workloads where nothing was read beside it. */
export const viewOfParsed = (
  object: KubeObject,
  {
    spec,
    status,
    workloads,
    cluster,
  }: {
    readonly spec: CanarySpec;
    readonly status: CanaryStatus;
    readonly workloads?: Workloads;
    readonly cluster?: string;
  },
): CanaryView => {
  const names = namesOf(spec);
  const lines = (['primary', 'canary'] as const).flatMap((role) => {
    const workload = workloads?.workload(names.workload[role]);
    return workload === undefined || workloads === undefined ? [] : (workloadLine(workload, role, workloads) ?? []);
  });
  const { namespace = '', name, creationTimestamp } = object.metadata;
  return canaryView({
    namespace,
    name,
    ...(creationTimestamp === undefined ? {} : { createdAt: creationTimestamp }),
    ...(cluster === undefined ? {} : { cluster }),
    spec,
    status,
    workloads: lines,
  });
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
  return viewOfParsed(object, { ...options, spec: parsed.spec, status: parseCanaryStatus(object['status']) });
};
