import { isAdoptedBy } from '../../api/ownership.ts';
import { listAt, sameJson } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { adopting, givingBack, isAdoptedByOther } from '../adopted-object.ts';
import type { ObjectPatch } from '../router.ts';
import { baselineOf, restored } from './baseline.ts';
import type { Sides } from './destinations.ts';
import type { Noted } from './own-virtual-service.ts';
import type { Written } from './routes.ts';
import { baseRoutes, LISTS, listsOf, written } from './routes.ts';

/** The lists with `change` made to them, of those that it changes. */
const changed = (
  virtualService: KubeObject,
  change: (list: (typeof LISTS)[number]) => readonly unknown[],
): Readonly<Record<string, readonly unknown[]>> =>
  Object.fromEntries(
    LISTS.map((list) => [list, change(list)] as const).filter(
      ([list, routes]) => !sameJson(listAt(virtualService, 'spec', list), routes),
    ),
  );

/** Writes the weights of our destinations, in one guarded patch; nothing when it stands so or is not ours. */
export const planAdopted = (
  found: KubeObject | undefined,
  { sides, to: { stamp, ...to } }: { readonly sides: Sides; readonly to: Written & Noted },
): readonly ObjectPatch[] => {
  if (found === undefined || isAdoptedByOther(found, sides.ref)) return [];
  if (!isAdoptedBy(found, sides.ref.canaryUid) && listsOf(found, sides).length === 0) return [];
  const spec = changed(found, (list) => written(baseRoutes(found, list), { sides, list, to }));
  return adopting(found, { ref: sides.ref, spec, stamp, baseline: baselineOf(found, sides) });
};

/** Gives it back as it was, in one guarded patch; nothing when it was never adopted by this Canary. */
export const releaseAdopted = (found: KubeObject | undefined, sides: Sides): readonly ObjectPatch[] => {
  if (found === undefined || !isAdoptedBy(found, sides.ref.canaryUid)) return [];
  const spec = changed(found, (list) => restored(found, { list, sides }));
  return givingBack(found, spec);
};
