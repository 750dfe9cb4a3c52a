import { BASELINE_ANNOTATION, HELD_LABEL, STAMP_ANNOTATION } from '../api/names.ts';
import { baselineAnnotation, isAdoptedBy, readBaseline } from '../api/ownership.ts';
import type { JsonRecord } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { refOf } from '../lib/kube-object.ts';
import type { ObjectPatch, RouteRef } from './router.ts';

/** True when another Canary has adopted the object. */
export const isAdoptedByOther = (object: KubeObject, { canaryUid }: RouteRef): boolean =>
  readBaseline(object) !== undefined && !isAdoptedBy(object, canaryUid);

const guarded = (object: KubeObject, patch: JsonRecord): readonly ObjectPatch[] => [
  { type: 'merge', ref: refOf(object), resourceVersion: object.metadata.resourceVersion ?? '', patch },
];

/**
 * Writes `spec`, the fields of it that change, and beside them what makes the object ours: the label that holds it, the
 * stamp, and what stood there before. One guarded patch; none when everything stands so.
 */
export const adopting = (
  object: KubeObject,
  {
    ref,
    spec,
    stamp,
    baseline: value,
  }: {
    readonly ref: RouteRef;
    readonly spec: JsonRecord;
    readonly stamp: string | undefined;
    readonly baseline: JsonRecord;
  },
): readonly ObjectPatch[] => {
  const baseline = baselineAnnotation({ canaryUid: ref.canaryUid, value });
  const { labels = {}, annotations = {} } = object.metadata;
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
  return guarded(object, { metadata, spec });
};

/** Gives the object back with `spec`, the fields of it that change, in one guarded patch. */
export const givingBack = (object: KubeObject, spec: JsonRecord): readonly ObjectPatch[] =>
  guarded(object, {
    metadata: {
      labels: { [HELD_LABEL]: null },
      annotations: { [BASELINE_ANNOTATION]: null, [STAMP_ANNOTATION]: null },
    },
    spec,
  });
