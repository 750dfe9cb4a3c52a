import type { Problem } from '../api/problem.ts';
import type { CanaryIdentity } from './names.ts';
import { namesOf } from './names.ts';

/** A Canary that claims a target and the names that follow from it. */
export type Claimant = CanaryIdentity & { readonly creationTimestamp: string };

const isOlder = (a: Claimant, b: Claimant): boolean =>
  a.creationTimestamp === b.creationTimestamp ? a.uid < b.uid : a.creationTimestamp < b.creationTimestamp;

/**
 * Why this Canary must stand back for an older one that claims the same target or the same apex Service. The older
 * Canary has no problem. `others` may hold the Canary itself and Canaries of other namespaces.
 */
export const claimProblems = (canary: Claimant, others: readonly Claimant[]): readonly Problem[] => {
  const { target, apex } = namesOf(canary.spec);
  return others
    .filter((other) => other.uid !== canary.uid && other.namespace === canary.namespace && isOlder(other, canary))
    .flatMap((other): readonly Problem[] => {
      const theirs = namesOf(other.spec);
      const [us, them] = [`${canary.namespace}/${canary.name}`, `${other.namespace}/${other.name}`];
      const shared =
        theirs.target === target
          ? { where: 'spec.targetRef.name', what: `${canary.spec.targetRef.kind} ${target}` }
          : { where: 'spec.service.name', what: `Service ${apex}` };
      if (theirs.target !== target && theirs.apex !== apex) return [];
      return [
        {
          where: shared.where,
          message: `${shared.what} is claimed by two Canaries: ${them}, which is older and keeps it, and ${us}; want one of them deleted or changed`,
          reason: 'InvalidSpec',
        },
      ];
    });
};
