import { at, listAt, numberAt, recordAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { readQuantity } from '../../lib/quantity.ts';

/** Where a metric that is measured at the pods keeps what it is about, by its type. Others are about something else. */
const SOURCES: Readonly<Record<string, string>> = {
  ContainerResource: 'containerResource',
  Pods: 'pods',
  Resource: 'resource',
};

const nameOf = (source: unknown): string | undefined => stringAt(source, 'metric', 'name') ?? stringAt(source, 'name');

/** How much of what a pod should have it has; undefined when that is not told. */
const ratioOf = (target: unknown, current: unknown): number | undefined => {
  const utilization = numberAt(target, 'averageUtilization');
  const [has, should] =
    utilization === undefined
      ? [readQuantity(at(current, 'averageValue')), readQuantity(at(target, 'averageValue'))]
      : [numberAt(current, 'averageUtilization'), utilization];
  return has === undefined || should === undefined || should <= 0 ? undefined : has / should;
};

/**
 * Pods that a workload's load needs, by what its HorizontalPodAutoscaler has measured at them: not rounded, and without
 * the bounds by which that may have more. Undefined where it measures nothing there, or not now.
 */
export const measuredLoad = (autoscaler: KubeObject): number | undefined => {
  const active = listAt(autoscaler, 'status', 'conditions').find((one) => stringAt(one, 'type') === 'ScalingActive');
  const replicas = numberAt(autoscaler, 'status', 'currentReplicas');
  if (stringAt(active, 'status') !== 'True' || replicas === undefined) return undefined;
  const measured = listAt(autoscaler, 'status', 'currentMetrics');
  const ratios = listAt(autoscaler, 'spec', 'metrics').flatMap((metric) => {
    const type = stringAt(metric, 'type') ?? '';
    const field = SOURCES[type];
    if (field === undefined) return [];
    const source = recordAt(metric, field);
    const found = measured.find((one) => stringAt(one, 'type') === type && nameOf(at(one, field)) === nameOf(source));
    return ratioOf(source['target'], at(found, field, 'current')) ?? [];
  });
  return ratios.length === 0 ? undefined : Math.max(...ratios) * replicas;
};
