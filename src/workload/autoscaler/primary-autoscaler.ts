import { CANARY_UID_LABEL, HANDS_OFF_ANNOTATIONS, ROLE_LABEL } from '../../api/names.ts';
import { isRecord, type JsonRecord, recordAt, stringAt } from '../../lib/json.ts';
import type { KubeObject, ObjectMeta } from '../../lib/kube-object.ts';
import { copiedAnnotations, copiedLabels } from '../copied-metadata.ts';
import { within, withinEach } from '../json-edit.ts';
import type { CanaryIdentity } from '../names.ts';
import { namesOf } from '../names.ts';
import { type AutoscalerRef, floored, primaryBounds } from './bounds.ts';
import { primaryQuery } from './scaler-query.ts';

/** Name of the primary's autoscaler, by that of the target's. */
export const primaryAutoscalerName = (name: string): string => `${name}-primary`;

/** KEDA's annotations that say how it works with the object; those that pause it are never copied. */
const KEPT = /^(scaledobject|validations)[.]keda[.]sh[/]/;

const metadataFor = (source: KubeObject, canary: CanaryIdentity): ObjectMeta => {
  const { name, labels, annotations = {} } = source.metadata;
  const kept = Object.fromEntries(Object.entries(annotations).filter(([key]) => KEPT.test(key)));
  return {
    name: primaryAutoscalerName(name),
    namespace: canary.namespace,
    labels: { ...copiedLabels(labels), [ROLE_LABEL]: 'primary', [CANARY_UID_LABEL]: canary.uid },
    annotations: { ...copiedAnnotations(annotations), ...kept, ...HANDS_OFF_ANNOTATIONS },
  };
};

/** The source's spec, scaling the primary in place of the target. */
const specFor = (source: KubeObject, primary: string): JsonRecord => {
  const spec = recordAt(source, 'spec');
  return { ...spec, scaleTargetRef: { ...recordAt(spec, 'scaleTargetRef'), name: primary } };
};

/** A trigger about the primary: its query is the Canary's, if that gives one for its name, else the target's rewritten. */
const primaryTrigger = (trigger: JsonRecord, { ref, target }: { ref: AutoscalerRef; target: string }): JsonRecord => {
  const { primaryScalerQueries: given } = ref;
  return within(trigger, 'metadata', (metadata) => {
    const query = stringAt(metadata, 'query');
    const own = given?.[stringAt(trigger, 'name') ?? ''];
    if (own !== undefined) return { ...metadata, query: own };
    return given !== undefined || query === undefined ? metadata : { ...metadata, query: primaryQuery(query, target) };
  });
};

/** KEDA's HorizontalPodAutoscaler has a name of its own for each ScaledObject; one that is written must differ too. */
const withOwnName = (spec: JsonRecord): JsonRecord =>
  within(spec, 'advanced', (advanced) =>
    within(advanced, 'horizontalPodAutoscalerConfig', (config) => {
      const name = stringAt(config, 'name');
      return name === undefined ? config : { ...config, name: primaryAutoscalerName(name) };
    }),
  );

const primaryScaledObject = (spec: JsonRecord, of: { ref: AutoscalerRef; target: string }): JsonRecord =>
  withinEach(withOwnName(spec), 'triggers', (trigger) => primaryTrigger(trigger, of));

export type PrimaryAutoscalerOptions = {
  readonly canary: CanaryIdentity;
  readonly ref: AutoscalerRef;
  /** It does not go below this, as far as its most allows. */
  readonly floor?: number | undefined;
};

/** The primary's autoscaler, to be applied: as the target's is, in all but what it scales and by how much at least. */
export const primaryAutoscaler = (source: KubeObject, { canary, ref, floor }: PrimaryAutoscalerOptions): KubeObject => {
  const { target, workload } = namesOf(canary.spec);
  const { min, max } = floored(primaryBounds(source, ref), floor);
  const spec = specFor(source, workload.primary);
  const object = { apiVersion: source.apiVersion, kind: source.kind, metadata: metadataFor(source, canary) };
  if (source.kind !== 'ScaledObject') return { ...object, spec: { ...spec, minReplicas: min, maxReplicas: max } };
  // KEDA goes down to this below the fewest: while a floor holds, nothing may.
  const { idleReplicaCount, ...rest } = primaryScaledObject(spec, { ref, target });
  const idle = idleReplicaCount === undefined || floor !== undefined ? {} : { idleReplicaCount };
  return { ...object, spec: { ...rest, ...idle, minReplicaCount: min, maxReplicaCount: max } };
};

/** Names of a ScaledObject's triggers that have one. */
export const triggerNames = (source: KubeObject): readonly string[] => {
  const triggers = recordAt(source, 'spec')['triggers'];
  return Array.isArray(triggers)
    ? triggers.flatMap((trigger: unknown) => (isRecord(trigger) ? (stringAt(trigger, 'name') ?? []) : []))
    : [];
};
