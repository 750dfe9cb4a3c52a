import { refOf } from '../lib/kube-object.ts';
import { CAPS } from '../rollout/limits.ts';
import { garbage } from '../workload/garbage.ts';
import type { Caches } from './caches.ts';
import type { ClusterWriter } from './cluster-writer.ts';
import type { Scene } from './scene.ts';
import { workloadRef } from './wanted-objects.ts';

/** Deletes records and config copies that nothing refers to any more, and the oldest run records above the cap. */
export const collect = async (
  keep: readonly string[],
  scene: Scene,
  { caches, writer }: { readonly caches: Caches; readonly writer: ClusterWriter },
): Promise<void> => {
  const { canary, names, view } = scene;
  const mine = { index: 'canaryUid', value: canary.uid } as const;
  const workloads = [names.workload.primary, names.workload.canary].flatMap(
    (name) => view.get(workloadRef(scene, name)) ?? [],
  );
  const dropped = garbage({
    records: caches.byIndex('ControllerRevision', mine),
    copies: [...caches.byIndex('ConfigMap', mine), ...caches.byIndex('Secret', mine)],
    workloads,
    keep,
  });
  const runs = [...caches.byIndex('CanaryRun', mine)].sort((a, b) =>
    (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''),
  );
  for (const ref of [...dropped, ...runs.slice(CAPS.records).map(refOf)]) await writer.remove(ref);
};
