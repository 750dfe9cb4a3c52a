import { isMadeFor } from '../api/ownership.ts';
import type { KubeClient } from '../kube/client.ts';
import { type KubeObject, refOf } from '../lib/kube-object.ts';
import type { Waiting } from '../workload/config-tracking.ts';
import type { FoundRevision } from '../workload/revision.ts';
import { pinnedObjects, recordManifest, revisionRecord } from '../workload/revision-record.ts';
import type { ClusterWriter } from './cluster-writer.ts';
import { desiredRevision, observeFound } from './observe-found.ts';
import type { Scene } from './scene.ts';
import { storedRecord, workloadRef } from './wanted-objects.ts';

const isKnown = (revision: FoundRevision | Waiting | undefined): revision is FoundRevision =>
  revision !== undefined && !('waiting' in revision);

/**
 * Copies the target's configs and stores its template, in this order, so that a record that exists was complete. What is
 * there already stays. Nothing happens when the target has moved on meanwhile: the next observation knows better. A
 * primary that was found serving the revision is kept with it to the letter.
 */
export const pinRevision = async (
  revision: string,
  scene: Scene,
  deps: { readonly client: KubeClient; readonly writer: ClusterWriter },
): Promise<void> => {
  const { canary, names, view } = scene;
  const target = view.get(workloadRef(scene, names.target));
  if (target === undefined) return;
  const desired = desiredRevision(scene, target);
  const found = observeFound(scene, { target, desired });
  const primary =
    isKnown(found) && found.id === revision ? view.get(workloadRef(scene, names.workload.primary)) : undefined;
  if (isKnown(desired) && desired.id === revision) return pinTarget(desired, scene, { ...deps, target, primary });
  if (primary === undefined || !isKnown(found)) return;
  await deps.writer.create(recordManifest(revisionRecord(primary, found, primary), canary));
};

const pinTarget = async (
  desired: FoundRevision,
  scene: Scene,
  {
    target,
    primary,
    client,
    writer,
  }: {
    readonly target: KubeObject;
    readonly primary: KubeObject | undefined;
    readonly client: KubeClient;
    readonly writer: ClusterWriter;
  },
): Promise<void> => {
  const { canary, view } = scene;
  const contents = await Promise.all(
    desired.configs.map(({ kind, name }) => client.get({ apiVersion: 'v1', kind, namespace: canary.namespace, name })),
  );
  const objects = pinnedObjects(desired, {
    canary,
    target,
    contents: contents.filter((config) => config !== undefined),
    primary,
    stored: storedRecord(desired.id, scene),
  });
  if (objects === undefined) return;
  for (const copy of objects.copies) {
    const there = view.get(refOf(copy));
    if (there === undefined || !isMadeFor(there, canary.uid)) await writer.apply(copy);
  }
  await writer.create(objects.record);
};
