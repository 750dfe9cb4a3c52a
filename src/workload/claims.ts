import type { Problem } from '../api/problem.ts';
import { sharedPlace } from './claimed-places.ts';
import type { CanaryIdentity } from './names.ts';
import { namesOf } from './names.ts';

/** A Canary that claims a target and the names that follow from it. */
export type Claimant = CanaryIdentity & { readonly creationTimestamp: string };

const isOlder = (a: Claimant, b: Claimant): boolean =>
  a.creationTimestamp === b.creationTimestamp ? a.uid < b.uid : a.creationTimestamp < b.creationTimestamp;

/** What both of them ask for, and where; undefined when they are not in each other's way. */
const shared = (canary: Claimant, other: Claimant): { readonly where: string; readonly what: string } | undefined => {
  const [ours, theirs] = [namesOf(canary.spec), namesOf(other.spec)];
  if (theirs.target === ours.target) {
    return { where: 'spec.targetRef.name', what: `${canary.spec.targetRef.kind} ${ours.target}` };
  }
  if (theirs.apex === ours.apex) return { where: 'spec.service.name', what: `Service ${ours.apex}` };
  const place = sharedPlace(canary, other);
  return place === undefined ? undefined : { where: 'spec.service.hosts', what: place };
};

/**
 * Why this Canary must stand back for an older one that claims the same target, the same apex Service, or the same host
 * on the same Gateway. The older Canary has no problem. `others` may hold the Canary itself and Canaries of other
 * namespaces.
 */
export const claimProblems = (canary: Claimant, others: readonly Claimant[]): readonly Problem[] =>
  others
    .filter((other) => other.uid !== canary.uid && other.namespace === canary.namespace && isOlder(other, canary))
    .flatMap((other): readonly Problem[] => {
      const [us, them] = [`${canary.namespace}/${canary.name}`, `${other.namespace}/${other.name}`];
      const claim = shared(canary, other);
      if (claim === undefined) return [];
      const message = `${claim.what} is claimed by two Canaries: ${them}, which is older and keeps it, and ${us}; want one of them deleted or changed`;
      return [{ where: claim.where, message, reason: 'InvalidSpec' }];
    });
