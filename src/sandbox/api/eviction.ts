import { listAt, numberAt, recordAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { conditionStatus } from '../workloads/conditions.ts';
import { selects } from '../workloads/label-selector.ts';
import { ApiError } from './status.ts';

const isReady = (pod: KubeObject): boolean => conditionStatus(listAt(pod, 'status', 'conditions'), 'Ready') === 'True';

/** Pods that serve nobody are evicted whatever a budget says. */
const isFree = (pod: KubeObject): boolean =>
  pod.metadata.deletionTimestamp !== undefined ||
  ['Pending', 'Succeeded', 'Failed'].includes(stringAt(pod, 'status', 'phase') ?? 'Pending');

/** Whether an empty selector is written: in policy/v1 it selects every pod. */
const covers = (budget: KubeObject, pod: KubeObject): boolean => {
  const selector = recordAt(budget, 'spec')['selector'];
  const isEmpty = selector !== undefined && Object.keys(recordAt(selector)).length === 0;
  return isEmpty || selects(selector, pod.metadata.labels ?? {});
};

/** An unready pod may go as long as those that are wanted are healthy. */
const isUnhealthyAndSpare = (budget: KubeObject, pod: KubeObject): boolean => {
  if (isReady(pod)) return false;
  if (stringAt(budget, 'spec', 'unhealthyPodEvictionPolicy') === 'AlwaysAllow') return true;
  const [current = 0, desired = 0] = [
    numberAt(budget, 'status', 'currentHealthy'),
    numberAt(budget, 'status', 'desiredHealthy'),
  ];
  return current >= desired && desired > 0;
};

/** The budget once a pod has been evicted by it: until its controller has seen that, it allows one less. */
export const usedUp = (budget: KubeObject): unknown => ({
  ...recordAt(budget, 'status'),
  disruptionsAllowed: (numberAt(budget, 'status', 'disruptionsAllowed') ?? 0) - 1,
});

/**
 * Throws what the eviction API answers when a pod may not go; `budgets` are those of its namespace. Returns the budget
 * that the eviction uses up, if any.
 */
export const checkEviction = (pod: KubeObject, budgets: readonly KubeObject[]): KubeObject | undefined => {
  if (isFree(pod)) return undefined;
  const [budget, ...more] = budgets.filter((each) => covers(each, pod));
  if (budget === undefined) return undefined;
  if (more.length > 0) {
    const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new ApiError({ code: 500, message });
  }
  if (isUnhealthyAndSpare(budget, pod)) return undefined;
  const allowed = numberAt(budget, 'status', 'disruptionsAllowed') ?? 0;
  const isSeen = (numberAt(budget, 'status', 'observedGeneration') ?? 0) >= (budget.metadata.generation ?? 0);
  if (allowed > 0 && isSeen) return budget;
  const { name } = budget.metadata;
  const desired = numberAt(budget, 'status', 'desiredHealthy') ?? 0;
  const current = numberAt(budget, 'status', 'currentHealthy') ?? 0;
  const why = isSeen
    ? `The disruption budget ${name} needs ${desired} healthy pods and has ${current} currently`
    : `The disruption budget ${name} is still being processed by the server.`;
  throw new ApiError({
    code: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: { causes: [{ reason: 'DisruptionBudget', message: why, field: '' }] },
  });
};
