import type { Problem } from '../api/problem.ts';
import type { Exposure } from '../rollout/exposure.ts';
import type { Objects, RouteRef, Router } from './router.ts';
import { twoWay } from './split.ts';

type Scene = { readonly router: Router; readonly objects: Objects; readonly ref: RouteRef };

/** Why this cannot be written, in words; undefined when it can. */
const refusal = ({ router, objects, ref }: Scene, { canaryWeight, ...extras }: Exposure): string | undefined => {
  try {
    router.plan(objects, ref, { split: twoWay(ref, canaryWeight), ...extras });
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message.replace(/^Cannot write the route: /, '');
    throw error;
  }
};

const fieldOf = ({ pinned, mirror, affinity }: Exposure): string | undefined => {
  if (pinned !== undefined) return 'spec.analysis.match';
  if (affinity !== undefined) return 'spec.analysis.sessionAffinity';
  return mirror === undefined ? undefined : 'spec.analysis.mirror';
};

/**
 * What of `exposures` this route cannot take, each by the field that asks for it, so that it is known before a run
 * begins. Nothing while nobody can tell what the plane is, or where the route cannot be written at all.
 */
export const exposureProblems = (scene: Scene, exposures: readonly Exposure[]): readonly Problem[] => {
  const { router, objects, ref } = scene;
  if (exposures.length === 0 || router.metrics(objects, ref, 'canary') === 'later') return [];
  return exposures.flatMap((exposure): readonly Problem[] => {
    const where = fieldOf(exposure);
    const message = refusal(scene, exposure);
    if (where === undefined || message === undefined) return [];
    const isOurs = refusal(scene, { canaryWeight: exposure.canaryWeight }) === undefined;
    return isOurs ? [{ where, message, reason: 'InvalidSpec' }] : [];
  });
};
