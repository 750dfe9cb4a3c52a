import { at } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';

/** A pod on a node, as a rolling update looks at it; those that are being deleted are left out. */
export type DaemonPod = {
  readonly name: string;
  /** Of the newest template. */
  readonly fresh: boolean;
  readonly ready: boolean;
  readonly available: boolean;
};

/** One node's pods, oldest first. */
export type NodePods = {
  readonly node: string;
  readonly shouldRun: boolean;
  readonly mayStay: boolean;
  readonly pods: readonly DaemonPod[];
  /** One is there, be it one that is going. */
  readonly occupied: boolean;
};

export type DaemonLimits = { readonly maxSurge: number; readonly maxUnavailable: number };

/** What is to be made and deleted: names of nodes, names of pods. */
export type DaemonSteps = { readonly create: readonly string[]; readonly remove: readonly string[] };

const absolute = (value: unknown, { of, otherwise }: { of: number; otherwise: number }): number => {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(typeof value === 'string' ? value : '')?.[1];
  return percent === undefined ? otherwise : Math.ceil((Number(percent) * of) / 100);
};

/** Both are rounded up; when both come to 0, one may be unavailable. */
export const daemonLimits = (daemonSet: KubeObject, desired: number): DaemonLimits => {
  const rolling = at(daemonSet, 'spec', 'updateStrategy', 'rollingUpdate');
  const maxSurge = absolute(at(rolling, 'maxSurge'), { of: desired, otherwise: 0 });
  const maxUnavailable = absolute(at(rolling, 'maxUnavailable'), { of: desired, otherwise: 1 });
  return maxSurge === 0 && maxUnavailable === 0 ? { maxSurge, maxUnavailable: 1 } : { maxSurge, maxUnavailable };
};

const firsts = (pods: readonly DaemonPod[]) => ({
  fresh: pods.filter((pod) => pod.fresh),
  old: pods.filter((pod) => !pod.fresh),
});

/** More pods than a node may have: all but the oldest, or with surge all but the oldest of each template. */
const surplus = (pods: readonly DaemonPod[], { maxSurge }: DaemonLimits): readonly DaemonPod[] => {
  if (maxSurge === 0) return pods.slice(1);
  const { fresh, old } = firsts(pods);
  const [newPod, oldPod] = [fresh[0], old[0]];
  const replaced = newPod !== undefined && oldPod !== undefined && (!oldPod.ready || newPod.available);
  return [...fresh.slice(1), ...old.slice(1), ...(replaced ? [oldPod] : [])];
};

/** One pod on every node that is to have one, whatever its template; a successor waits until the one before is gone. */
export const manage = (nodes: readonly NodePods[], limits: DaemonLimits): DaemonSteps => ({
  create: nodes.filter(({ shouldRun, occupied }) => shouldRun && !occupied).map(({ node }) => node),
  remove: nodes.flatMap(({ mayStay, pods }) => (mayStay ? surplus(pods, limits) : pods)).map(({ name }) => name),
});

const withoutSurge = (nodes: readonly NodePods[], { maxUnavailable }: DaemonLimits): DaemonSteps => {
  const replacements: string[] = [];
  const candidates: string[] = [];
  let unavailable = 0;
  for (const { pods } of nodes) {
    const { fresh, old } = firsts(pods);
    const [newPod, oldPod] = [fresh[0], old[0]];
    if (pods.length !== 1) unavailable++;
    else if (newPod !== undefined) unavailable += newPod.available ? 0 : 1;
    else if (oldPod !== undefined) (oldPod.available ? candidates : replacements).push(oldPod.name);
  }
  const room = Math.max(0, maxUnavailable - unavailable);
  return { create: [], remove: [...replacements, ...candidates.slice(0, room)] };
};

const withSurge = (nodes: readonly NodePods[], { maxSurge }: DaemonLimits): DaemonSteps => {
  const replaced: string[] = [];
  const remove: string[] = [];
  const candidates: string[] = [];
  let surge = 0;
  for (const { node, pods } of nodes) {
    const { fresh, old } = firsts(pods);
    const [newPod, oldPod] = [fresh[0], old[0]];
    if (fresh.length > 1 || old.length > 1) surge++;
    else if (oldPod === undefined) continue;
    else if (newPod === undefined) (oldPod.available ? candidates : replaced).push(node);
    else if (newPod.available) remove.push(oldPod.name);
    else surge++;
  }
  return { create: [...replaced, ...candidates.slice(0, Math.max(0, maxSurge - surge))], remove };
};

/**
 * The next step of a rolling update as Kubernetes takes it (pkg/controller/daemon/update.go): within maxSurge pods are
 * made beside the old ones, which go when their successors are available; without surge old pods go within
 * maxUnavailable, unavailable ones first, and their nodes get new pods afterwards.
 */
export const rollingUpdate = (nodes: readonly NodePods[], limits: DaemonLimits): DaemonSteps => {
  const staying = nodes.filter(({ shouldRun }) => shouldRun);
  return limits.maxSurge === 0 ? withoutSurge(staying, limits) : withSurge(staying, limits);
};
