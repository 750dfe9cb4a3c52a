import type { CanaryStatus } from '../api/canary-status.ts';
import { REVISION_LABEL } from '../api/names.ts';
import { isMadeFor } from '../api/ownership.ts';
import { type KubeObject, keyOf, type ObjectRef } from '../lib/kube-object.ts';
import { revisionName } from '../workload/names.ts';
import { copyRefs, readRecord } from '../workload/revision-record.ts';
import type { Caches } from './caches.ts';
import type { Scene } from './scene.ts';

/** Copies that a record needs and that are gone, or not Serin's. */
const missingCopies = (record: KubeObject, { canary, view }: Scene): readonly ObjectRef[] => {
  const read = readRecord(record);
  const refs = read === undefined ? [] : copyRefs(read);
  return refs
    .map(({ kind, name }) => ({ apiVersion: 'v1', kind, namespace: canary.namespace, name }))
    .filter((ref) => {
      const copy = view.get(ref);
      return copy === undefined || !isMadeFor(copy, canary.uid);
    });
};

/** The revisions that are stored. */
export type StoredRevisions = {
  readonly pinned: readonly string[];
  /** The first copy that is missing, by revision. */
  readonly incomplete: ReadonlyMap<string, ObjectRef>;
};

/** Revisions whose record exists, of the caches and those just written: complete, or without some of their copies. */
export const storedRevisions = (
  scene: Scene,
  {
    status,
    desired,
    caches,
  }: { readonly status: CanaryStatus; readonly desired: string | undefined; readonly caches: Caches },
): StoredRevisions => {
  const { canary, view } = scene;
  const cached = caches
    .byIndex('ControllerRevision', { index: 'canaryUid', value: canary.uid })
    .flatMap((record) => record.metadata.labels?.[REVISION_LABEL] ?? []);
  const named = [desired, status.run?.revision, status.stable?.revision, status.stable?.lastGood];
  const all = new Set([...cached, ...named.filter((revision) => revision !== undefined)]);
  const pinned: string[] = [];
  const incomplete = new Map<string, ObjectRef>();
  for (const revision of all) {
    const name = revisionName(canary.spec, revision);
    const record = view.get({ apiVersion: 'apps/v1', kind: 'ControllerRevision', namespace: canary.namespace, name });
    if (record === undefined) continue;
    const [missing] = missingCopies(record, scene);
    if (missing === undefined) pinned.push(revision);
    else incomplete.set(revision, missing);
  }
  return { pinned, incomplete };
};

/** The copy that what serves runs with, where it is gone and the target does not hold its content any more. */
export const lostCopy = (
  status: CanaryStatus,
  desired: string | undefined,
  { incomplete }: StoredRevisions,
): string | undefined => {
  const revision = status.stable?.revision;
  const lost = revision === undefined || revision === desired ? undefined : incomplete.get(revision);
  return lost && `${lost.kind} ${keyOf(lost)}`;
};
