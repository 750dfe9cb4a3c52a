import { API_VERSION, FINALIZER, HAND_OVER_ANNOTATION, SHADOW_LABEL } from '../api/names.ts';
import { covers } from '../lib/covers.ts';
import { hashOf } from '../lib/hash.ts';
import type { JsonRecord } from '../lib/json.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';

export const FLAGGER_API_VERSION = 'flagger.app/v1beta1';

/** Of the spec that was last translated: one field less shows in it alone. */
const TRANSLATED_ANNOTATION = 'serin.dev/translated';

/** Which way a shadow is being handed over: from Flagger, or back to it. */
export type HandOver = 'in' | 'out';

export const originalRef = (key: { readonly namespace: string; readonly name: string }): ObjectRef => ({
  apiVersion: FLAGGER_API_VERSION,
  kind: 'Canary',
  ...key,
});

export const shadowRef = (key: { readonly namespace: string; readonly name: string }): ObjectRef => ({
  apiVersion: API_VERSION,
  kind: 'Canary',
  ...key,
});

/** The uid of the flagger.app Canary that a Canary stands for; undefined for one that stands for itself. */
export const shadowOf = (canary: KubeObject): string | undefined => canary.metadata.labels?.[SHADOW_LABEL];

export const handOverOf = (canary: KubeObject): HandOver | undefined => {
  const way = canary.metadata.annotations?.[HAND_OVER_ANNOTATION];
  return way === 'in' || way === 'out' ? way : undefined;
};

/** True for a shadow that is between Flagger and Serin: nothing may be decided about it. */
export const isOnItsWay = (canary: KubeObject): boolean =>
  shadowOf(canary) !== undefined && handOverOf(canary) !== undefined;

/**
 * The Canary that stands for `original`, to be applied: it goes when the original goes, and holds the finalizer from the
 * start, so that there is no moment in which its end would restore nothing.
 */
export const shadowManifest = (
  original: KubeObject,
  { spec, handOver }: { readonly spec: JsonRecord; readonly handOver?: HandOver | undefined },
): KubeObject => {
  const { namespace, name, uid = '' } = original.metadata;
  return {
    apiVersion: API_VERSION,
    kind: 'Canary',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { [SHADOW_LABEL]: uid },
      annotations: {
        [TRANSLATED_ANNOTATION]: hashOf(spec),
        ...(handOver === undefined ? {} : { [HAND_OVER_ANNOTATION]: handOver }),
      },
      finalizers: [FINALIZER],
      ownerReferences: [
        { apiVersion: FLAGGER_API_VERSION, kind: 'Canary', name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec,
  };
};

/** True when the shadow asks for exactly what its original means. */
export const isCurrent = (shadow: KubeObject, spec: JsonRecord): boolean =>
  shadow.metadata.annotations?.[TRANSLATED_ANNOTATION] === hashOf(spec) && covers(shadow['spec'], spec);
