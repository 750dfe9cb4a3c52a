import type { KubeClient } from '../kube/client.ts';
import { configRefs } from '../workload/config-refs.ts';
import { templateOf } from '../workload/pod-template.ts';
import { findRevision } from '../workload/revision.ts';
import { pinnedObjects } from '../workload/revision-record.ts';
import type { ClusterWriter } from './cluster-writer.ts';
import type { Scene } from './scene.ts';
import { deploymentRef } from './wanted-objects.ts';

/**
 * Copies the target's configs and stores its template, in this order, so that a record that exists is complete. Nothing
 * happens when the target has moved on meanwhile: the next observation knows better.
 */
export const pinRevision = async (
  revision: string,
  scene: Scene,
  { client, writer }: { readonly client: KubeClient; readonly writer: ClusterWriter },
): Promise<void> => {
  const { canary, names, view } = scene;
  const target = view.get(deploymentRef(scene, names.target));
  if (target === undefined) return;
  const replicaSets = view.ownedBy('ReplicaSet', target.metadata.uid ?? '');
  const found = findRevision({ target, replicaSets, configs: scene.configs });
  if ('waiting' in found || found.id !== revision) return;
  const refs = configRefs(templateOf(target));
  const contents = await Promise.all(
    refs.map(({ kind, name }) => client.get({ apiVersion: 'v1', kind, namespace: canary.namespace, name })),
  );
  const objects = pinnedObjects(found, { canary, target, contents: contents.filter((config) => config !== undefined) });
  if (objects === undefined) return;
  for (const copy of objects.copies) await writer.apply(copy);
  await writer.create(objects.record);
};
