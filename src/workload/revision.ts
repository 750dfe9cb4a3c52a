import type { SourceStatus } from '../api/canary-status.ts';
import { hashOf } from '../lib/hash.ts';
import { numberAt } from '../lib/json.ts';
import { type KubeObject, keyOf } from '../lib/kube-object.ts';
import type { RevisionView, TargetView } from '../rollout/observed.ts';
import type { ConfigLookup, TrackedConfigs, Waiting } from './config-tracking.ts';
import { trackedConfigs } from './config-tracking.ts';
import { kindOf } from './kinds/kind-of.ts';
import type { Around, NamedRevision } from './kinds/target-kind.ts';
import { isObserved } from './readiness.ts';

export type TargetObjects = {
  readonly target: KubeObject;
  readonly around: Around;
  readonly configs: ConfigLookup;
  /** Revisions of this target that have their names already. */
  readonly named: readonly NamedRevision[];
};

/** A revision of the target, with the configs whose content is part of it. */
export type FoundRevision = Omit<RevisionView, 'source'> & TrackedConfigs;

/**
 * The target's revision: the name that Kubernetes gave what is judged, and `-<6 digits>` of its tracked configs' content
 * when there are any. Until it has one, or while a config is missing, `waiting` says what for.
 */
export const findRevision = ({ target, around, configs: lookup, named }: TargetObjects): FoundRevision | Waiting => {
  if (!isObserved(target)) {
    const [wanted, seen] = [target.metadata.generation, numberAt(target, 'status', 'observedGeneration') ?? 0];
    const who = `${target.kind} ${keyOf(target.metadata)}`;
    return { waiting: `Kubernetes has not acted on generation ${wanted} of ${who} yet (it has on ${seen})` };
  }
  const kind = kindOf(target);
  const known = kind.name(target, { around, named });
  if ('waiting' in known) return known;
  const tracked = trackedConfigs(kind.template(target), lookup);
  if ('waiting' in tracked) return tracked;
  const { configs, absent } = tracked;
  const suffix = configs.length === 0 ? '' : `-${hashOf(configs.map((config) => config.hash)).slice(0, 6)}`;
  const [hash, images] = [kind.hash(target), kind.images(target, around)];
  return { id: `${known.name}${suffix}`, hash, images, configs, absent };
};

/** The target as `decide` sees it. */
export const targetView = ({
  source,
  beside,
  ...objects
}: TargetObjects & {
  readonly source?: SourceStatus | undefined;
  /** Pods of the sides. */
  readonly beside: readonly KubeObject[];
}): TargetView => {
  const { target, around } = objects;
  const found = findRevision(objects);
  const view = {
    uid: target.metadata.uid ?? '',
    deleting: target.metadata.deletionTimestamp !== undefined,
    ...kindOf(target).size(target, { around, beside }),
  };
  if ('waiting' in found) return { ...view, ...found };
  const { configs: _, absent: __, ...revision } = found;
  return { ...view, revision: { ...revision, ...(source === undefined ? {} : { source }) } };
};
