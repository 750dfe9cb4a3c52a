import { isRecord } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { BASELINE_ANNOTATION } from './names.ts';

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

/** The annotation that carries a baseline. */
export const baselineAnnotation = (baseline: Baseline): Readonly<Record<string, string>> => ({
  [BASELINE_ANNOTATION]: JSON.stringify(baseline),
});
