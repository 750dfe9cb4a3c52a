import { isRecord } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { BASELINE_ANNOTATION, CANARY_UID_LABEL } from './names.ts';

/**
 * True when Serin made the object for the Canary with this uid: it goes when the Canary goes. What is adopted never
 * carries that label, but a baseline.
 */
export const isMadeFor = (object: KubeObject, canaryUid: string): boolean =>
  object.metadata.labels?.[CANARY_UID_LABEL] === canaryUid;

/** What the fields of an adopted object held before, kept as an annotation on the object itself. */
export type Baseline = {
  /** The Canary that adopted it. */
  readonly canaryUid: string;
  readonly value: unknown;
};

/** The baseline that an object carries; undefined when it carries none that can be read. */
export const readBaseline = (object: KubeObject): Baseline | undefined => {
  try {
    const parsed: unknown = JSON.parse(object.metadata.annotations?.[BASELINE_ANNOTATION] ?? 'null');
    if (!isRecord(parsed) || typeof parsed['canaryUid'] !== 'string') return undefined;
    return { canaryUid: parsed['canaryUid'], value: parsed['value'] };
  } catch {
    return undefined;
  }
};

/** True when the object was there before and the Canary with this uid has adopted it. */
export const isAdoptedBy = (object: KubeObject, canaryUid: string): boolean =>
  readBaseline(object)?.canaryUid === canaryUid;

/** The annotation that carries a baseline. */
export const baselineAnnotation = (baseline: Baseline): Readonly<Record<string, string>> => ({
  [BASELINE_ANNOTATION]: JSON.stringify(baseline),
});
