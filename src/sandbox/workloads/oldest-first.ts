import { type KubeObject, keyOf } from '../../lib/kube-object.ts';

/** Order of creation; of objects of the same second, order of their keys. */
export const oldestFirst = (a: KubeObject, b: KubeObject): number =>
  (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') ||
  keyOf(a.metadata).localeCompare(keyOf(b.metadata));
