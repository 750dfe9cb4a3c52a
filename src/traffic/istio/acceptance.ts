import { at, listAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { keyOf } from '../../lib/kube-object.ts';
import type { Evidence } from '../router.ts';

/** An int64, which protobuf's JSON writes as text. */
const observedOf = (object: KubeObject): number | undefined => {
  const value = at(object, 'status', 'observedGeneration');
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && number > 0 ? number : undefined;
};

/** The words of a message; it has a code, a name and a page, and none of its own, since Istio 1.7. */
const wordsOf = (message: unknown): string => {
  const code = stringAt(message, 'type', 'code') ?? stringAt(message, 'code');
  const what = stringAt(message, 'type', 'name') ?? stringAt(message, 'message');
  const page = stringAt(message, 'documentationUrl');
  return [code, what, page === undefined ? undefined : `(${page})`].filter(Boolean).join(' ');
};

/**
 * What Istio says of objects as they stand: nothing, unless istiod runs with PILOT_ENABLE_ANALYSIS. Then errors are in
 * the status; that there are none is not written, so that nothing is ever known to be accepted. Messages about an older
 * generation are no answer.
 */
export const acceptance = (objects: readonly KubeObject[]): Evidence => {
  for (const object of objects) {
    const observed = observedOf(object);
    if (observed !== undefined && observed < (object.metadata.generation ?? 0)) continue;
    const errors = listAt(object, 'status', 'validationMessages').filter(
      (message) => stringAt(message, 'level')?.toUpperCase() === 'ERROR',
    );
    if (errors.length === 0) continue;
    const detail = `${object.kind} ${keyOf(object.metadata)}: ${errors.map(wordsOf).join('; ')}`;
    return { ok: false, refused: true, detail };
  }
  return {
    ok: 'unknown',
    refused: false,
    detail: 'Istio does not say what it has accepted: its counters alone can tell',
  };
};
