import type { CanaryStatus } from '../api/canary-status.ts';
import { FIELD_MANAGER } from '../api/names.ts';
import { isRecord, recordAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { NOTE_FIELDS } from '../rollout/note-run.ts';
import type { NotedView, Observed } from '../rollout/observed.ts';
import { runName } from '../workload/names.ts';
import type { Caches } from './caches.ts';
import type { Scene } from './scene.ts';
import { runRef } from './wanted-objects.ts';

const KEYED = 'k:';

/** `slow` of `k:{"name":"slow"}`. */
const nameIn = (key: string): readonly string[] => {
  if (!key.startsWith(KEYED)) return [];
  const keys: unknown = JSON.parse(key.slice(KEYED.length));
  return isRecord(keys) && typeof keys['name'] === 'string' ? [keys['name']] : [];
};

/**
 * What the status of a CanaryRun tells. Its content is in no cache, for there are many and they are large; but the server
 * notes in the metadata which fields Serin has written, in its own words: FieldsV1 of sigs.k8s.io/structured-merge-diff.
 */
const notedIn = ({ metadata }: KubeObject): NotedView | undefined => {
  const own = metadata.managedFields?.find(
    ({ manager, subresource }) => manager === FIELD_MANAGER && subresource === 'status',
  );
  const owned = recordAt(own?.fieldsV1, 'f:status');
  const fields = NOTE_FIELDS.filter((field) => `f:${field}` in owned);
  return fields.length === 0 ? undefined : { fields, hooks: Object.keys(recordAt(owned, 'f:hooks')).flatMap(nameIn) };
};

/** The records of a Canary's runs, and what is noted in each. */
export const observeRuns = (
  { canary, view }: Scene,
  { run }: CanaryStatus,
  caches: Caches,
): Pick<Observed, 'recorded' | 'noted'> => {
  const cached = caches
    .byIndex('CanaryRun', { index: 'canaryUid', value: canary.uid })
    .map(({ metadata }) => metadata.name.slice(runName(canary.name, '').length));
  const noted: Record<string, NotedView> = {};
  const recorded = [...new Set([...cached, ...(run === undefined ? [] : [run.id])])].filter((id) => {
    const found = view.get(runRef(id, canary));
    const notes = found && notedIn(found);
    if (notes !== undefined) noted[id] = notes;
    return found !== undefined;
  });
  return { recorded, noted };
};
