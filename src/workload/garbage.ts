import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
import { refOf } from '../lib/kube-object.ts';
import { configRefs } from './config-refs.ts';
import { templateOf } from './pod-template.ts';
import { readRecord } from './revision-record.ts';

/**
 * Records and config copies of one Canary that nothing refers to any more: records of revisions not in `keep`, and
 * copies that neither a kept record nor the template of a workload names.
 */
export const garbage = ({
  records,
  copies,
  workloads,
  keep,
}: {
  /** ControllerRevisions with the Canary's uid. */
  readonly records: readonly KubeObject[];
  /** ConfigMaps and Secrets with the Canary's uid; their metadata is enough. */
  readonly copies: readonly KubeObject[];
  /** Primary and canary as they stand. */
  readonly workloads: readonly KubeObject[];
  readonly keep: readonly string[];
}): readonly ObjectRef[] => {
  const needed = new Set(workloads.flatMap((workload) => configRefs(templateOf(workload)).map(({ name }) => name)));
  const dropped: ObjectRef[] = [];
  for (const object of records) {
    const record = readRecord(object);
    if (record !== undefined && keep.includes(record.revision)) for (const name of record.copies) needed.add(name);
    else dropped.push(refOf(object));
  }
  return [...dropped, ...copies.filter(({ metadata }) => !needed.has(metadata.name)).map(refOf)];
};
