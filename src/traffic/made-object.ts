import { makerOf } from '../api/field-owner.ts';
import { CANARY_UID_LABEL, HANDS_OFF_ANNOTATIONS, HELD_LABEL, STAMP_ANNOTATION } from '../api/names.ts';
import { isMadeFor } from '../api/ownership.ts';
import type { Problem } from '../api/problem.ts';
import { covers } from '../lib/covers.ts';
import { at, sameJson } from '../lib/json.ts';
import type { KubeObject, ObjectMeta, ObjectRef } from '../lib/kube-object.ts';
import { keyOf } from '../lib/kube-object.ts';
import type { ObjectPatch, Objects, RouteRef } from './router.ts';

/** Metadata of an object beside the route that Serin makes for this Canary. */
export const madeMetadata = (ref: RouteRef, name: string): ObjectMeta => ({
  name,
  namespace: ref.namespace,
  labels: { [CANARY_UID_LABEL]: ref.canaryUid },
  annotations: HANDS_OFF_ANNOTATIONS,
});

/** Metadata of the route itself: of the apex's name, held against other writers, with the stamp. */
export const routeMetadata = (ref: RouteRef, stamp: string | undefined): ObjectMeta => ({
  ...madeMetadata(ref, ref.service),
  labels: { [CANARY_UID_LABEL]: ref.canaryUid, [HELD_LABEL]: 'true' },
  annotations: { ...HANDS_OFF_ANNOTATIONS, ...(stamp === undefined ? {} : { [STAMP_ANNOTATION]: stamp }) },
});

/** The object when it is there and Serin made it for this Canary. */
export const ownObject = (objects: Objects, { of, canaryUid }: { of: ObjectRef; canaryUid: string }) => {
  const found = objects.get(of);
  return found !== undefined && isMadeFor(found, canaryUid) ? found : undefined;
};

/**
 * True when applying `wanted` would change nothing: its labels, annotations and stamp stand, and so does each of the
 * named fields of its spec, exactly. An empty list is no field: webhooks that know the type drop it.
 */
export const stands = (
  actual: KubeObject | undefined,
  { wanted, fields }: { readonly wanted: KubeObject; readonly fields: readonly string[] },
): boolean =>
  actual !== undefined &&
  covers(actual.metadata.labels, wanted.metadata.labels) &&
  covers(actual.metadata.annotations, wanted.metadata.annotations) &&
  actual.metadata.annotations?.[STAMP_ANNOTATION] === wanted.metadata.annotations?.[STAMP_ANNOTATION] &&
  fields.every((field) => sameJson(at(actual, 'spec', field) ?? [], at(wanted, 'spec', field) ?? []));

/** One problem for each name that Serin needs and that stands for something else. */
export const takenProblems = (objects: Objects, ref: RouteRef, needed: readonly ObjectRef[]): readonly Problem[] =>
  needed.flatMap((of): readonly Problem[] => {
    const found = objects.get(of);
    if (found === undefined || isMadeFor(found, ref.canaryUid)) return [];
    const other = found.metadata.labels?.[CANARY_UID_LABEL];
    const message =
      other === undefined
        ? `it has a name that Serin needs and was made by ${makerOf(found)}; want it deleted, or another spec.service.name`
        : `it was made for another Canary (uid ${other}); want it deleted if that Canary is gone, or another spec.service.name`;
    return [{ where: `${of.kind} ${keyOf(of)}`, message, reason: 'InvalidSpec' }];
  });

/** Deletes, in this order and each once, what is there and was made for this Canary. */
export const deletions = (objects: Objects, ref: RouteRef, made: readonly ObjectRef[]): readonly ObjectPatch[] =>
  [...new Map(made.map((of) => [`${of.kind} ${keyOf(of)}`, of])).values()].flatMap((of): readonly ObjectPatch[] => {
    const uid = ownObject(objects, { of, canaryUid: ref.canaryUid })?.metadata.uid;
    return uid === undefined ? [] : [{ type: 'delete', ref: of, uid }];
  });
