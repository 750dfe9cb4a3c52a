import type { Digests } from '../api/canary-status.ts';
import type { Side } from '../api/names.ts';
import { CANARY_UID_LABEL, HANDS_OFF_ANNOTATIONS, REVISION_LABEL, ROLE_LABEL } from '../api/names.ts';
import type { JsonRecord } from '../lib/json.ts';
import { recordAt, stringsAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { flaggerSelector } from './flagger-shape.ts';
import { narrowed } from './label-selector.ts';
import type { CanaryIdentity } from './names.ts';
import { namesOf } from './names.ts';
import { podLabels, withDigests } from './pod-template.ts';
import type { RevisionRecord } from './revision-record.ts';
import { withSideInSelectors } from './side-selectors.ts';

export type WorkloadOptions = {
  readonly canary: CanaryIdentity;
  readonly replicas: number;
  /** Images are pinned to these. */
  readonly digests?: Digests | undefined;
  /** The side as it stands. A workload's selector can't be changed, so it is kept. */
  readonly existing?: KubeObject | undefined;
};

/**
 * The label selector of a side's workload: the one it has; else, for the primary of a shadow, the one that Flagger
 * would give it; else the target's with the role. `spec` is the target's, or a record's.
 */
export const sideSelector = (
  side: Side,
  of: {
    readonly spec: JsonRecord;
    readonly existing?: KubeObject | undefined;
    /** Of a Canary that stands for one of Flagger's. */
    readonly shadow?: true | undefined;
  },
): JsonRecord => {
  if (of.existing !== undefined) return recordAt(of.existing, 'spec', 'selector');
  const selector = recordAt(of.spec, 'selector');
  const flaggers = of.shadow === true && side === 'primary' ? flaggerSelector(selector) : undefined;
  return flaggers ?? narrowed(selector, { [ROLE_LABEL]: side });
};

/** The pod template of a side: the given one, with the side's labels, also in selectors that mean its own pods. */
export const sideTemplate = (
  side: Side,
  { template, selector }: { readonly template: JsonRecord; readonly selector: JsonRecord },
): JsonRecord => {
  const distinct = { ...stringsAt(selector, 'matchLabels'), [ROLE_LABEL]: side };
  const withRoles = withSideInSelectors(template, distinct);
  const labels = { ...podLabels(template), ...distinct };
  return { ...withRoles, metadata: { ...recordAt(template, 'metadata'), labels } };
};

/**
 * `<target>-primary` or `<target>-canary`, to be applied. It has no owner, so that deleting the Canary in the foreground
 * can't take away what serves.
 */
export const podSideManifest = (
  side: Side,
  record: RevisionRecord,
  {
    canary,
    replicas,
    digests,
    existing,
    kind,
    sized,
  }: WorkloadOptions & {
    readonly kind: 'Deployment' | 'DaemonSet';
    readonly sized: (spec: JsonRecord, replicas: number) => JsonRecord;
  },
): KubeObject => {
  const { shadow } = canary;
  const found = side === 'primary' ? record.found : undefined;
  const spec = found ?? record.spec;
  const selector = found && !existing ? recordAt(found, 'selector') : sideSelector(side, { spec, existing, shadow });
  const template = withDigests(recordAt(spec, 'template'), digests ?? {});
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: {
      name: namesOf(canary.spec).workload[side],
      namespace: canary.namespace,
      labels: {
        ...record.labels,
        [ROLE_LABEL]: side,
        [CANARY_UID_LABEL]: canary.uid,
        [REVISION_LABEL]: record.revision,
      },
      annotations: { ...record.annotations, ...HANDS_OFF_ANNOTATIONS },
    },
    spec: {
      ...sized(spec, replicas),
      selector,
      // What was found is kept to the letter: one label more would restart its pods.
      template: found ? template : sideTemplate(side, { template, selector }),
    },
  };
};
