import { listAt, numberAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { conditionOf } from './conditions.ts';
import { isReady } from './pod-status.ts';

/** Milliseconds until a ready pod counts as available for `owner`; 0 when it does, undefined when it is not ready. */
export const availableIn = (
  pod: KubeObject,
  { owner, now }: { readonly owner: KubeObject; readonly now: number },
): number | undefined => {
  if (!isReady(pod)) return undefined;
  const since = stringAt(conditionOf(listAt(pod, 'status', 'conditions'), 'Ready'), 'lastTransitionTime') ?? '';
  const wait = (numberAt(owner, 'spec', 'minReadySeconds') ?? 0) * 1000;
  return wait === 0 ? 0 : Math.max(0, Date.parse(since) + wait - now);
};
