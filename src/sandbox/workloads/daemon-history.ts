import { hashOf } from '../../lib/hash.ts';
import { numberAt, recordAt, sameJson, stringsAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { oldestFirst } from './oldest-first.ts';
import { controlledBy } from './ownership.ts';

/** Label by which pods and ControllerRevisions of one template are told from those of others. */
export const REVISION_HASH = 'controller-revision-hash';

/** What a ControllerRevision stores of a DaemonSet: a patch that puts its template in place of another. */
const patchOf = (daemonSet: KubeObject): unknown => ({
  spec: { template: { ...recordAt(daemonSet, 'spec', 'template'), $patch: 'replace' } },
});

const numberOf = (revision: KubeObject): number => numberAt(revision, 'revision') ?? 0;

/** The hash that names a template. */
export const hashOfRevision = (revision: KubeObject): string => revision.metadata.labels?.[REVISION_HASH] ?? '';

/**
 * The ControllerRevision of the DaemonSet's template, as it should be written, and all others, oldest first. One that
 * was there before is numbered as the newest again.
 */
export const history = (
  daemonSet: KubeObject,
  revisions: readonly KubeObject[],
): { readonly current: KubeObject; readonly old: readonly KubeObject[] } => {
  const patch = patchOf(daemonSet);
  const sorted = revisions.toSorted((a, b) => numberOf(a) - numberOf(b) || oldestFirst(a, b));
  const found = sorted.findLast((revision) => sameJson(revision['data'], patch));
  const old = sorted.filter((revision) => revision !== found);
  const newest = Math.max(0, ...old.map(numberOf));
  if (found !== undefined) return { current: { ...found, revision: Math.max(numberOf(found), newest + 1) }, old };
  const hash = hashOf(recordAt(daemonSet, 'spec', 'template')).slice(0, 10);
  const labels = { ...stringsAt(daemonSet, 'spec', 'template', 'metadata', 'labels'), [REVISION_HASH]: hash };
  const current: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${daemonSet.metadata.name}-${hash}`,
      namespace: daemonSet.metadata.namespace ?? '',
      labels,
      annotations: daemonSet.metadata.annotations ?? {},
      ownerReferences: [controlledBy(daemonSet)],
    },
    data: patch,
    revision: newest + 1,
  };
  return { current, old };
};

/** Old ControllerRevisions beyond revisionHistoryLimit (10 unless set) of which no pod is left, oldest first. */
export const forgotten = (
  daemonSet: KubeObject,
  { old, pods }: { readonly old: readonly KubeObject[]; readonly pods: readonly KubeObject[] },
): readonly KubeObject[] => {
  const excess = old.length - (numberAt(daemonSet, 'spec', 'revisionHistoryLimit') ?? 10);
  const live = new Set(pods.map(hashOfRevision));
  return excess <= 0 ? [] : old.filter((revision) => !live.has(hashOfRevision(revision))).slice(0, excess);
};
