import { BASELINE_ANNOTATION, HELD_LABEL, STAMP_ANNOTATION } from '../../api/names.ts';
import { baselineAnnotation, isAdoptedBy, readBaseline } from '../../api/ownership.ts';
import { listAt, sameJson } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { refOf } from '../../lib/kube-object.ts';
import type { ObjectPatch } from '../router.ts';
import { baselineOf, restored } from './baseline.ts';
import type { Sides } from './destinations.ts';
import type { Noted } from './own-virtual-service.ts';
import type { Written } from './routes.ts';
import { baseRoutes, LISTS, listsOf, written } from './routes.ts';

/** True when another Canary has adopted it. */
export const isForeign = (virtualService: KubeObject, { ref }: Sides): boolean =>
  readBaseline(virtualService) !== undefined && !isAdoptedBy(virtualService, ref.canaryUid);

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
  if (found === undefined || isForeign(found, sides)) return [];
  if (!isAdoptedBy(found, sides.ref.canaryUid) && listsOf(found, sides).length === 0) return [];
  const spec = changed(found, (list) => written(baseRoutes(found, list), { sides, list, to }));
  const baseline = baselineAnnotation({ canaryUid: sides.ref.canaryUid, value: baselineOf(found, sides) });
  const { labels = {}, annotations = {}, resourceVersion = '' } = found.metadata;
  const isCurrent =
    Object.keys(spec).length === 0 &&
    labels[HELD_LABEL] === 'true' &&
    annotations[STAMP_ANNOTATION] === stamp &&
    annotations[BASELINE_ANNOTATION] === baseline[BASELINE_ANNOTATION];
  if (isCurrent) return [];
  const metadata = {
    labels: { [HELD_LABEL]: 'true' },
    annotations: { ...baseline, [STAMP_ANNOTATION]: stamp ?? null },
  };
  return [{ type: 'merge', ref: refOf(found), resourceVersion, patch: { metadata, spec } }];
};

/** Gives it back as it was, in one guarded patch; nothing when it was never adopted by this Canary. */
export const releaseAdopted = (found: KubeObject | undefined, sides: Sides): readonly ObjectPatch[] => {
  if (found === undefined || !isAdoptedBy(found, sides.ref.canaryUid)) return [];
  const spec = changed(found, (list) => restored(found, { list, sides }));
  const metadata = {
    labels: { [HELD_LABEL]: null },
    annotations: { [BASELINE_ANNOTATION]: null, [STAMP_ANNOTATION]: null },
  };
  const { resourceVersion = '' } = found.metadata;
  return [{ type: 'merge', ref: refOf(found), resourceVersion, patch: { metadata, spec } }];
};
