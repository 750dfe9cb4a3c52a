import type { StableStatus } from '../api/canary-status.ts';
import { autoscalingActions } from './autoscaling.ts';
import type { Action } from './decision.ts';
import type { Observed, TargetView } from './observed.ts';

/** The Services that are missing or not as Serin wants them. */
const serviceActions = ({ services }: Observed): readonly Action[] =>
  (['primary', 'canary', 'apex'] as const)
    .filter((service) => services[service]?.current !== true)
    .map((service) => ({ type: 'applyService', service }));

/** Stores the template that the target has, when it is needed and its record is missing. */
const storeActions = ({ pinned, target, status: { stable, run } }: Observed): readonly Action[] => {
  const revision = target?.revision?.id;
  if (revision === undefined || pinned.includes(revision)) return [];
  const isNeeded = revision === stable?.revision || (revision === run?.revision && run.outcome === undefined);
  return isNeeded ? [{ type: 'pinRevision', revision }] : [];
};

/** What the primary is to run. */
type Version = Pick<StableStatus, 'revision' | 'digests'>;

/** Brings the primary to its version when it is gone or was changed by somebody else. */
const primaryActions = ({ primary, pinned, status }: Observed, { revision, digests }: Version): readonly Action[] => {
  if (!pinned.includes(revision)) return [];
  const stands = primary?.revision === revision && primary.pinned && primary.changedBy === undefined;
  if (stands && !primary.deleting) return [];
  const replicas = Math.max(1, primary?.replicas ?? status.adopted?.replicas ?? 1);
  return [{ type: 'applyPrimary', revision, replicas, ...(digests === undefined ? {} : { digests }) }];
};

/** The finalizer, where somebody has replaced the Canary without it: without it nothing would be given back. */
export const finalizerActions = ({ canary, status }: Observed): readonly Action[] =>
  canary.hasFinalizer || canary.deleting || status.adopted === undefined ? [] : [{ type: 'addFinalizer' }];

/** The target runs nothing, and is held there; or what runs is not Serin's to take down. */
export const isDown = ({ replicas, unheld, unscaled }: TargetView): boolean =>
  unscaled === true || (replicas === 0 && unheld !== true);

/** What has to be so in every state after the take-over, wherever it has drifted: the target runs nothing. */
export const upkeep = (observed: Observed): readonly Action[] => {
  const { target } = observed;
  const scale: readonly Action[] =
    target !== undefined && !isDown(target) ? [{ type: 'scaleTarget', replicas: 0 }] : [];
  return [
    ...finalizerActions(observed),
    ...storeActions(observed),
    // Before the target is scaled down: its own autoscaler may be what has scaled it up.
    ...autoscalingActions(observed),
    ...scale,
    ...serviceActions(observed),
  ];
};

/**
 * `upkeep` where it is settled what the primary should run: the stable revision, or, once it has been promoted, the run's.
 * Not while it changes from the one to the other.
 */
export const upkeepWithPrimary = (observed: Observed, version: Version): readonly Action[] => [
  ...primaryActions(observed, version),
  ...upkeep(observed),
];
