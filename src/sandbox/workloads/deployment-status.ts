import { at, listAt, numberAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { timestamp } from '../api/metadata.ts';
import { carriedOver, conditionOf, type StatusCondition } from './conditions.ts';
import { statusCount, wantedReplicas } from './replica-sets-of.ts';
import { rolloutLimits } from './rolling-update.ts';

export type RolloutState = {
  readonly deployment: KubeObject;
  readonly fresh: KubeObject | undefined;
  readonly old: readonly KubeObject[];
  /** The fresh ReplicaSet was made in this very pass. */
  readonly created: boolean;
  readonly now: number;
};

type Counts = {
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly unavailableReplicas: number;
};

type Told = Omit<StatusCondition, 'lastTransitionTime' | 'lastUpdateTime' | 'type'>;

const countsOf = ({ fresh, old }: RolloutState): Counts => {
  const sets = fresh === undefined ? old : [fresh, ...old];
  const sum = (count: (set: KubeObject) => number): number => sets.reduce((total, set) => total + count(set), 0);
  const availableReplicas = sum((set) => statusCount(set, 'availableReplicas'));
  return {
    replicas: sum((set) => statusCount(set, 'replicas')),
    updatedReplicas: fresh === undefined ? 0 : statusCount(fresh, 'replicas'),
    readyReplicas: sum((set) => statusCount(set, 'readyReplicas')),
    availableReplicas,
    unavailableReplicas: Math.max(0, sum(wantedReplicas) - availableReplicas),
  };
};

const availability = (deployment: KubeObject, counts: Counts): Told => {
  const wanted = wantedReplicas(deployment);
  const { maxUnavailable } = rolloutLimits(deployment['spec'], wanted);
  return counts.availableReplicas >= wanted - maxUnavailable
    ? { status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : {
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
};

const complete = (deployment: KubeObject, counts: Counts): boolean => {
  const wanted = wantedReplicas(deployment);
  return counts.updatedReplicas === wanted && counts.replicas === wanted && counts.availableReplicas === wanted;
};

const progressed = (deployment: KubeObject, counts: Counts): boolean => {
  const older = counts.replicas - counts.updatedReplicas;
  const olderBefore = statusCount(deployment, 'replicas') - statusCount(deployment, 'updatedReplicas');
  return (
    counts.updatedReplicas > statusCount(deployment, 'updatedReplicas') ||
    older < olderBefore ||
    counts.readyReplicas > statusCount(deployment, 'readyReplicas') ||
    counts.availableReplicas > statusCount(deployment, 'availableReplicas')
  );
};

/** Milliseconds until the rollout counts as stuck; undefined when it is not progressing or has no deadline. */
export const progressDeadline = (deployment: KubeObject, now: number): number | undefined => {
  const seconds = numberAt(deployment, 'spec', 'progressDeadlineSeconds') ?? 600;
  const condition = conditionOf(listAt(deployment, 'status', 'conditions'), 'Progressing');
  const since = stringAt(condition, 'lastUpdateTime');
  const reason = stringAt(condition, 'reason') ?? '';
  const counting = ['NewReplicaSetCreated', 'FoundNewReplicaSet', 'ReplicaSetUpdated', 'DeploymentResumed'];
  if (seconds >= 2 ** 31 - 1 || since === undefined || !counting.includes(reason)) return undefined;
  return Date.parse(since) + seconds * 1000 - now;
};

export const isPaused = (deployment: KubeObject): boolean => at(deployment, 'spec', 'paused') === true;

const progress = (state: RolloutState, counts: Counts): Told | undefined => {
  const { deployment, fresh, created, now } = state;
  const before = conditionOf(listAt(deployment, 'status', 'conditions'), 'Progressing');
  const reason = stringAt(before, 'reason');
  if (numberAt(deployment, 'spec', 'progressDeadlineSeconds') === 2 ** 31 - 1) return undefined;
  if (isPaused(deployment)) {
    return { status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' };
  }
  if (reason === 'DeploymentPaused') {
    return { status: 'Unknown', reason: 'DeploymentResumed', message: 'Deployment is resumed' };
  }
  const name = `ReplicaSet "${fresh?.metadata.name ?? ''}"`;
  if (complete(deployment, counts)) {
    return { status: 'True', reason: 'NewReplicaSetAvailable', message: `${name} has successfully progressed.` };
  }
  // A finished rollout stays finished while pods come and go; only a new template begins another.
  if (reason === 'NewReplicaSetAvailable' && !created && counts.replicas === counts.updatedReplicas) return undefined;
  if (created) {
    const message = `Created new replica set "${fresh?.metadata.name ?? ''}"`;
    return { status: 'True', reason: 'NewReplicaSetCreated', message };
  }
  if (progressed(deployment, counts)) {
    return { status: 'True', reason: 'ReplicaSetUpdated', message: `${name} is progressing.` };
  }
  const left = progressDeadline(deployment, now);
  if (left !== undefined && left <= 0) {
    return { status: 'False', reason: 'ProgressDeadlineExceeded', message: `${name} has timed out progressing.` };
  }
  if (before === undefined) {
    const message = `Found new replica set "${fresh?.metadata.name ?? ''}"`;
    return { status: 'True', reason: 'FoundNewReplicaSet', message };
  }
  return undefined;
};

/** The Deployment's status as the real controller reports it: zero counts are left out, reasons are its own. */
export const deploymentStatus = (state: RolloutState): Readonly<Record<string, unknown>> => {
  const { deployment, now } = state;
  const before = listAt(deployment, 'status', 'conditions');
  const counts = countsOf(state);
  const told: Record<string, Told | undefined> = {
    Available: availability(deployment, counts),
    Progressing: progress(state, counts),
  };
  const conditions = Object.entries(told).map(([type, condition]) => {
    const previous = conditionOf(before, type);
    if (condition === undefined) return previous;
    // The deadline runs from the last progress, so only what is news moves lastUpdateTime.
    const news = condition.reason === 'ReplicaSetUpdated' || condition.reason !== stringAt(previous, 'reason');
    const lastUpdateTime = news ? timestamp(now) : (stringAt(previous, 'lastUpdateTime') ?? timestamp(now));
    return carriedOver(before, { type, ...condition, lastUpdateTime }, now);
  });
  return {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    conditions: conditions.filter((condition) => condition !== undefined),
  };
};
