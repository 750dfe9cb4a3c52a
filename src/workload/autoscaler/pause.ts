import { BASELINE_ANNOTATION } from '../../api/names.ts';
import { baselineAnnotation, isAdoptedBy, readBaseline } from '../../api/ownership.ts';
import { stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { AutoscalerView } from '../../rollout/observed.ts';

/** KEDA scales the workload to this number and then leaves it; it counts before `paused`. */
const PAUSED_REPLICAS = 'autoscaling.keda.sh/paused-replicas';
/** KEDA leaves the workload as it is. */
const PAUSED = 'autoscaling.keda.sh/paused';

const annotation = (object: KubeObject, key: string): string | undefined => object.metadata.annotations?.[key];

/** As Go reads a boolean. */
const isTrue = (text: string | undefined): boolean => /^(1|t|T|TRUE|true|True)$/.test(text ?? '');

/** What Serin has written into the annotation, and what stood there before; undefined when it holds no pause. */
const heldBy = (
  scaledObject: KubeObject,
  canaryUid: string,
): { readonly at: string; readonly before: string | undefined } | undefined => {
  if (!isAdoptedBy(scaledObject, canaryUid)) return undefined;
  const value = readBaseline(scaledObject)?.value;
  return { at: stringAt(value, 'at') ?? '', before: stringAt(value, 'before') };
};

/** How the target's ScaledObject is paused, as `decide` sees it. A pause that somebody else has written is respected. */
export const pauseView = (
  scaledObject: KubeObject,
  canaryUid: string,
): Pick<AutoscalerView, 'pausedAt' | 'unpaused'> => {
  const replicas = annotation(scaledObject, PAUSED_REPLICAS);
  const held = heldBy(scaledObject, canaryUid);
  const isHeld = held !== undefined && held.at === replicas;
  const scales = replicas === undefined ? !isTrue(annotation(scaledObject, PAUSED)) : replicas !== '0';
  return { ...(isHeld ? { pausedAt: Number(replicas) } : {}), ...(scales ? { unpaused: true } : {}) };
};

/**
 * The target's ScaledObject paused at a number of replicas, to be applied; what stood in the annotation is kept beside
 * it, also what somebody has put there since.
 */
export const pauseManifest = (
  scaledObject: KubeObject,
  { canaryUid, replicas }: { readonly canaryUid: string; readonly replicas: number },
): KubeObject => {
  const { name, namespace } = scaledObject.metadata;
  const found = annotation(scaledObject, PAUSED_REPLICAS);
  const held = heldBy(scaledObject, canaryUid);
  const before = held !== undefined && held.at === found ? held.before : found;
  const value = { at: String(replicas), ...(before === undefined ? {} : { before }) };
  return {
    apiVersion: scaledObject.apiVersion,
    kind: scaledObject.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      annotations: { [PAUSED_REPLICAS]: String(replicas), ...baselineAnnotation({ canaryUid, value }) },
    },
  };
};

/**
 * Merge patch that gives the target's ScaledObject back as it was; what somebody else has put into the annotation
 * stays. Undefined when there is nothing to give back.
 */
export const resumePatch = (
  scaledObject: KubeObject,
  canaryUid: string,
): Readonly<Record<string, unknown>> | undefined => {
  const held = heldBy(scaledObject, canaryUid);
  if (held === undefined) return undefined;
  const { resourceVersion } = scaledObject.metadata;
  const isHeld = annotation(scaledObject, PAUSED_REPLICAS) === held.at;
  return {
    metadata: {
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      annotations: {
        [BASELINE_ANNOTATION]: null,
        ...(isHeld ? { [PAUSED_REPLICAS]: held.before ?? null } : {}),
      },
    },
  };
};
