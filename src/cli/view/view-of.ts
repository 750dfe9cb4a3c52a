import { parseCanaryStatus } from '../../api/canary-status.ts';
import { parseCanary } from '../../api/parse.ts';
import { numberAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { stepsOf } from '../../rollout/plan.ts';
import { namesOf } from '../../workload/names.ts';
import { imagesOf, templateOf } from '../../workload/pod-template.ts';
import { type CanaryView, canaryView, type WorkloadLine } from './canary-view.ts';

const workloadLine = (deployment: KubeObject, role: WorkloadLine['role']): WorkloadLine => ({
  name: deployment.metadata.name,
  role,
  images: Object.values(imagesOf(templateOf(deployment))),
  wanted: numberAt(deployment, 'spec', 'replicas') ?? 1,
  ready: numberAt(deployment, 'status', 'readyReplicas') ?? 0,
  ...(deployment.metadata.creationTimestamp === undefined ? {} : { createdAt: deployment.metadata.creationTimestamp }),
});

/**
 * The view of a Canary from the objects as the API server has them; the sentence of what is wrong when its spec can't be
 * understood.
 */
export const viewOf = (
  object: KubeObject,
  options: { readonly cluster?: string; readonly deployment: (name: string) => KubeObject | undefined },
): CanaryView | { readonly problem: string } => {
  const parsed = parseCanary(object);
  if (!parsed.ok) return { problem: parsed.problems.map(({ where, message }) => `${where}: ${message}`).join('\n') };
  const { spec } = parsed;
  const names = namesOf(spec);
  const workloads = (['primary', 'canary'] as const).flatMap((role) => {
    const deployment = options.deployment(names.workload[role]);
    return deployment === undefined ? [] : [workloadLine(deployment, role)];
  });
  const { namespace = '', name, creationTimestamp } = object.metadata;
  return canaryView({
    namespace,
    name,
    ...(creationTimestamp === undefined ? {} : { createdAt: creationTimestamp }),
    ...(options.cluster === undefined ? {} : { cluster: options.cluster }),
    spec,
    status: parseCanaryStatus(object['status']),
    steps: stepsOf(spec),
    workloads,
  });
};
