import type { SourceStatus } from '../api/canary-status.ts';
import { foreignOwnerOf } from '../api/field-owner.ts';
import { HELD_LABEL } from '../api/names.ts';
import { hashOf } from '../lib/hash.ts';
import { at, numberAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { keyOf } from '../lib/kube-object.ts';
import type { RevisionView, TargetView } from '../rollout/observed.ts';
import type { ConfigLookup, ConfigState, Waiting } from './config-tracking.ts';
import { trackedConfigs } from './config-tracking.ts';
import { imagesOf, POD_TEMPLATE_HASH, podLabels, templateHash, templateOf } from './pod-template.ts';
import { currentReplicaSet } from './replica-set.ts';

export type TargetObjects = {
  readonly target: KubeObject;
  /** ReplicaSets of the target; others among them do no harm. */
  readonly replicaSets: readonly KubeObject[];
  readonly configs: ConfigLookup;
};

/** A revision of the target, with the configs whose content is part of it. */
export type FoundRevision = Omit<RevisionView, 'source'> & { readonly configs: readonly ConfigState[] };

/** True when Kubernetes has acted on the newest spec of a workload. */
export const isObserved = (workload: KubeObject): boolean =>
  (numberAt(workload, 'status', 'observedGeneration') ?? 0) >= (workload.metadata.generation ?? 0);

/**
 * The target's revision: `<pod-template-hash>`, and `-<6 digits>` of its tracked configs' content when there are any.
 * Kubernetes decides what a new template is; until it has, or while a config is missing, `waiting` says what for.
 */
export const findRevision = ({ target, replicaSets, configs: lookup }: TargetObjects): FoundRevision | Waiting => {
  const name = `${target.kind} ${keyOf(target.metadata)}`;
  if (!isObserved(target)) {
    const [wanted, seen] = [target.metadata.generation, numberAt(target, 'status', 'observedGeneration') ?? 0];
    return { waiting: `Kubernetes has not acted on generation ${wanted} of ${name} yet (it has on ${seen})` };
  }
  const replicaSet = currentReplicaSet(target, replicaSets);
  const podTemplateHash = replicaSet && podLabels(templateOf(replicaSet))[POD_TEMPLATE_HASH];
  if (podTemplateHash === undefined) {
    return at(target, 'spec', 'paused') === true
      ? {
          waiting: `${name} is paused, so Kubernetes makes no ReplicaSet for its template: set spec.paused to false`,
          isStuck: true,
        }
      : { waiting: `Kubernetes has made no ReplicaSet for the template of ${name} yet` };
  }
  const template = templateOf(target);
  const tracked = trackedConfigs(template, lookup);
  if ('waiting' in tracked) return tracked;
  const { configs } = tracked;
  const suffix = configs.length === 0 ? '' : `-${hashOf(configs.map((config) => config.hash)).slice(0, 6)}`;
  return { id: `${podTemplateHash}${suffix}`, hash: templateHash(target), images: imagesOf(template), configs };
};

/** The target as `decide` sees it. */
export const targetView = ({
  source,
  ...objects
}: TargetObjects & { readonly source?: SourceStatus | undefined }): TargetView => {
  const { target } = objects;
  const found = findRevision(objects);
  const scaledBy = foreignOwnerOf(target, ['f:spec', 'f:replicas']);
  const replicas = numberAt(target, 'spec', 'replicas') ?? 1;
  const isHeld = target.metadata.labels?.[HELD_LABEL] === 'true';
  const view = {
    uid: target.metadata.uid ?? '',
    deleting: target.metadata.deletionTimestamp !== undefined,
    replicas,
    readyReplicas: numberAt(target, 'status', 'readyReplicas') ?? 0,
    ...(scaledBy === undefined ? {} : { scaledBy }),
    ...(replicas > 0 || isHeld ? {} : { unheld: true as const }),
  };
  if ('waiting' in found) return { ...view, ...found };
  const { configs: _, ...revision } = found;
  return { ...view, revision: { ...revision, ...(source === undefined ? {} : { source }) } };
};
