import type { RunStatus } from '../api/canary-status.ts';
import { sidesBase } from '../api/target-kinds.ts';
import { replicasToTakeAll } from './autoscaling.ts';
import type { Action } from './decision.ts';
import type { Observed } from './observed.ts';
import { canaryReplicas, loadOf, nextStep } from './plan.ts';

export const primaryName = ({ canary }: Observed): string => `${sidesBase(canary.spec)}-primary`;
export const canaryName = ({ canary }: Observed): string => `${sidesBase(canary.spec)}-canary`;

/** The primary has a ready pod that the plane can see: traffic may go back to it. */
export const primaryServes = ({ primary }: Observed): boolean => primary !== undefined && primary.endpoints > 0;

/** Pods of `wanted` that have to be ready and seen by the plane, by a ready threshold in percent. */
const readyOf = (wanted: number, percent = 100): number => Math.ceil((wanted * percent) / 100);

/** The primary is whole, and large enough for all requests of the users: traffic may go back to it as planned. */
export const primaryCarries = (observed: Observed): boolean => {
  const { primary, canary } = observed;
  if (primary?.ready !== true || !primaryServes(observed)) return false;
  const needed = replicasToTakeAll(observed);
  return primary.replicas >= needed && primary.endpoints >= readyOf(needed, canary.spec.analysis.primaryReadyThreshold);
};

/** Pods that all requests of the users need, as far as the primary's number and its autoscaler's account tell. */
const neededForAll = (observed: Observed): number =>
  Math.max(observed.primary?.replicas ?? 1, replicasToTakeAll(observed));

/** The canary has a ready pod of the run's revision that the plane can see: traffic may stay on it. */
export const canaryServes = ({ side }: Observed, run: RunStatus): boolean =>
  side !== undefined && side.revision === run.revision && !side.deleting && side.endpoints > 0;

/** The canary is whole and large enough for `load` percent of the users' requests: traffic may rise to it. */
export const canaryCarries = (observed: Observed, run: RunStatus, load: number): boolean => {
  const { side, canary } = observed;
  if (side === undefined || !canaryServes(observed, run) || !side.ready) return false;
  const needed = canaryReplicas(canary.spec, load, neededForAll(observed));
  return side.replicas >= needed && side.endpoints >= readyOf(needed, canary.spec.analysis.canaryReadyThreshold);
};

/** Makes the canary as large as `load` percent needs; never smaller than it is, and nothing while its template is not stored. */
export const sizeCanary = (observed: Observed, run: RunStatus, load: number): readonly Action[] => {
  const { side, canary, pinned } = observed;
  if (!pinned.includes(run.revision)) return [];
  const ours = side?.revision === run.revision && !side.deleting;
  const needed = canaryReplicas(canary.spec, load, neededForAll(observed));
  const replicas = Math.max(needed, ours ? side.replicas : 0);
  const stands = ours && side.replicas === replicas && side.changedBy === undefined;
  return stands ? [] : [{ type: 'applyCanary', revision: run.revision, replicas }];
};

/** What the run brings to the canary now. */
export const loadNow = ({ weight: { set, ...rest } }: RunStatus): number => loadOf({ weight: set, ...rest });

/** The fewest pods of the canary for what it carries now. */
export const canarySize = (observed: Observed, run: RunStatus): number =>
  canaryReplicas(observed.canary.spec, loadNow(run), neededForAll(observed));

/** What the canary is sized for: the step to come, and never less than what it carries. */
export const loadToCome = ({ canary }: Observed, run: RunStatus): number => {
  const next = nextStep(canary.spec, run);
  return Math.max(loadNow(run), next === undefined ? 0 : loadOf(next));
};
