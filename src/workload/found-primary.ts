import { REVISION_LABEL } from '../api/names.ts';
import { stringsAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import type { ConfigLookup, Waiting } from './config-tracking.ts';
import { kindOf } from './kinds/kind-of.ts';
import type { Around } from './kinds/target-kind.ts';
import type { FoundRevision } from './revision.ts';
import { isSameVersion } from './same-version.ts';

/** True for a workload in the shape of Flagger's primary: a label of its selector has the primary's own name. */
export const isFlaggersPrimary = (object: KubeObject, primary: string): boolean =>
  Object.values(stringsAt(object, 'spec', 'selector', 'matchLabels')).includes(primary);

/** The version of a primary that Flagger has left behind, by its own template: no version of the target has this id. */
const ownRevision = (primary: KubeObject, around: Around): FoundRevision | Waiting => {
  const kind = kindOf(primary);
  const known = kind.name(primary, { around, named: [] });
  if ('waiting' in known) return known;
  const [hash, images] = [kind.hash(primary), kind.images(primary, around)];
  return { id: `flagger-${known.name}`, hash, images, configs: [], absent: [] };
};

/**
 * The version that a primary of Flagger's serves, before Serin has made it its own: the target's when it is the same,
 * else one of its own, so that what the target asks for is judged. Undefined where there is no such primary.
 */
export const foundPrimary = (
  primary: KubeObject | undefined,
  of: {
    readonly target: KubeObject;
    readonly desired: FoundRevision | Waiting;
    readonly around: Around;
    readonly configs: ConfigLookup;
  },
): FoundRevision | Waiting | undefined => {
  const { target, desired, around, configs } = of;
  if (primary === undefined || primary.metadata.labels?.[REVISION_LABEL] !== undefined) return undefined;
  if (!isFlaggersPrimary(primary, `${target.metadata.name}-primary`)) return undefined;
  if ('waiting' in desired) return desired;
  const same = isSameVersion({ target, primary }, configs);
  if (typeof same !== 'boolean') return same;
  return same ? desired : ownRevision(primary, around);
};
