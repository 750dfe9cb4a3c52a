import { API_VERSION, CANARY_LABEL, CANARY_UID_LABEL, FINALIZER, OUTCOME_LABEL, type Side } from '../api/names.ts';
import type { KubeClient } from '../kube/client.ts';
import { isKubeError } from '../kube/kube-error.ts';
import { assertNever } from '../lib/assert-never.ts';
import { recordAt } from '../lib/json.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
import { refOf } from '../lib/kube-object.ts';
import type { Action } from '../rollout/decision.ts';
import type { ObjectPatch } from '../traffic/router.ts';
import { twoWay } from '../traffic/split.ts';
import { configRefs } from '../workload/config-refs.ts';
import { canaryManifest, primaryManifest, sideSelector } from '../workload/manifests.ts';
import { revisionName } from '../workload/names.ts';
import { templateOf } from '../workload/pod-template.ts';
import { targetScale } from '../workload/restore.ts';
import { findRevision } from '../workload/revision.ts';
import { pinnedObjects, type RevisionRecord, readRecord } from '../workload/revision-record.ts';
import { apexManifest, sideServiceManifest } from '../workload/services.ts';
import type { Caches } from './caches.ts';
import { collect } from './collect.ts';
import { deleteOwned, restoreApex } from './restore.ts';
import type { Scene } from './scene.ts';

/** What performing needs beside the scene. */
export type PerformDeps = { readonly client: KubeClient; readonly caches: Caches };

/**
 * Does one action. Idempotent: doing it again, or after somebody else did, changes nothing. Rejects with KubeError; the
 * reconcile is then repeated from observation.
 */
export const perform = async (action: Action, scene: Scene, deps: PerformDeps): Promise<void> => {
  const { names } = scene;
  switch (action.type) {
    case 'addFinalizer':
      return writeFinalizers(scene, deps, (finalizers) => [...finalizers, FINALIZER]);
    case 'removeFinalizer':
      return writeFinalizers(scene, deps, (finalizers) => finalizers.filter((name) => name !== FINALIZER));
    case 'pinRevision':
      return pinRevision(action.revision, scene, deps);
    case 'applyPrimary':
      return applySide('primary', action, { scene, deps });
    case 'applyCanary':
      return applySide('canary', action, { scene, deps });
    case 'deleteCanary':
      return remove(deploymentRef(scene, names.workload.canary), deps);
    case 'scaleTarget': {
      const target = deps.caches.get(deploymentRef(scene, names.target));
      if (target === undefined) return;
      return wrote(deps, await deps.client.apply(targetScale(target, action.replicas)));
    }
    case 'applyService':
      return applyService(action.service, scene, deps);
    case 'setRoute': {
      const { router, route } = scene;
      const intent = { split: twoWay(route, action.canaryWeight), stamp: action.stamp };
      return write(router.plan({ get: (ref) => deps.caches.get(ref) }, route, intent).patches, deps);
    }
    case 'releaseRoute':
      return write(scene.router.release({ get: (ref) => deps.caches.get(ref) }, scene.route).patches, deps);
    case 'writeRun':
      return writeRun(action.record, scene, deps);
    case 'collect':
      return collect(action.keepRevisions, scene, deps);
    case 'restoreApex':
      return restoreApex(scene, deps);
    case 'deleteOwned':
      return deleteOwned(scene, deps);
    default:
      return assertNever(action, 'action');
  }
};

const wrote = ({ caches }: PerformDeps, object: KubeObject): void => caches.wrote(object);

const deploymentRef = ({ canary }: Scene, name: string): ObjectRef => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace: canary.namespace,
  name,
});

/** Deletes an object by the uid it was seen with, so that a new one of its name is never hit. */
export const remove = async (ref: ObjectRef, { client, caches }: PerformDeps): Promise<void> => {
  const uid = caches.get(ref)?.metadata.uid;
  if (uid === undefined) return;
  await client.delete(ref, { uid, propagationPolicy: 'Background' });
  caches.removed(ref, uid);
};

/** Writes what a router planned: one guarded write per object. */
export const write = async (patches: readonly ObjectPatch[], deps: PerformDeps): Promise<void> => {
  const { client } = deps;
  for (const patch of patches) {
    switch (patch.type) {
      case 'apply':
        wrote(deps, await client.apply(patch.object));
        break;
      case 'merge': {
        const metadata = { ...recordAt(patch.patch, 'metadata'), resourceVersion: patch.resourceVersion };
        wrote(deps, await client.mergePatch(patch.ref, { ...patch.patch, metadata }));
        break;
      }
      case 'delete':
        await remove(patch.ref, deps);
        break;
      default:
        assertNever(patch, 'patch');
    }
  }
};

/** Guarded by the resourceVersion of the newest Canary known: its status may have been written a moment ago. */
const writeFinalizers = async (
  { object }: Scene,
  deps: PerformDeps,
  change: (finalizers: readonly string[]) => readonly string[],
): Promise<void> => {
  const ref = refOf(object);
  const { resourceVersion, finalizers = [] } = (deps.caches.get(ref) ?? object).metadata;
  try {
    const metadata = { resourceVersion, finalizers: [...new Set(change(finalizers))] };
    wrote(deps, await deps.client.mergePatch(ref, { metadata }));
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error;
  }
};

/** Copies the target's configs and stores its template; nothing happens when the target has moved on meanwhile. */
const pinRevision = async (revision: string, scene: Scene, deps: PerformDeps): Promise<void> => {
  const { canary, names, view } = scene;
  const { client } = deps;
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
  for (const copy of objects.copies) wrote(deps, await client.apply(copy));
  try {
    wrote(deps, await client.create(objects.record));
  } catch (error) {
    if (!isKubeError(error, 'AlreadyExists')) throw error;
  }
};

/** The stored template of a revision. Throws when it is not there: nothing else may ever be put in its place. */
const recordOf = (revision: string, { canary, names, view }: Scene): RevisionRecord => {
  const name = revisionName(names.target, revision);
  const stored = view.get({ apiVersion: 'apps/v1', kind: 'ControllerRevision', namespace: canary.namespace, name });
  const record = stored && readRecord(stored);
  if (record === undefined) {
    throw new Error(
      `Cannot apply revision ${revision}: ControllerRevision ${canary.namespace}/${name} is missing, want the stored template`,
    );
  }
  return record;
};

const applySide = async (
  side: Side,
  action: Extract<Action, { type: 'applyPrimary' | 'applyCanary' }>,
  { scene, deps }: { readonly scene: Scene; readonly deps: PerformDeps },
): Promise<void> => {
  const { canary, names, view } = scene;
  const existing = view.get(deploymentRef(scene, names.workload[side]));
  const digests = action.type === 'applyPrimary' ? action.digests : undefined;
  const manifest = side === 'primary' ? primaryManifest : canaryManifest;
  const record = recordOf(action.revision, scene);
  wrote(deps, await deps.client.apply(manifest(record, { canary, replicas: action.replicas, digests, existing })));
};

const applyService = async (service: 'apex' | Side, scene: Scene, deps: PerformDeps): Promise<void> => {
  const wanted = wantedService(service, scene);
  if (wanted !== undefined) wrote(deps, await deps.client.apply(wanted));
};

/** What a Service should be now; undefined while the Deployment whose pods it selects is not known. */
export const wantedService = (
  service: 'apex' | Side,
  scene: Pick<Scene, 'canary' | 'names' | 'view'>,
): KubeObject | undefined => {
  const { canary, names, view } = scene;
  const deployment = (name: string): KubeObject | undefined =>
    view.get({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: canary.namespace, name });
  const side = service === 'apex' ? 'primary' : service;
  const existing = deployment(names.workload[side]);
  const target = deployment(names.target);
  const source = existing ?? target;
  if (source === undefined) return undefined;
  const selector = sideSelector(side, { spec: recordAt(source, 'spec'), existing });
  const apex = view.get({ apiVersion: 'v1', kind: 'Service', namespace: canary.namespace, name: names.apex });
  return service === 'apex'
    ? apexManifest({ canary, selector, existing: apex })
    : sideServiceManifest(service, { canary, selector, apex });
};

const writeRun = async (
  record: Extract<Action, { type: 'writeRun' }>['record'],
  scene: Scene,
  deps: PerformDeps,
): Promise<void> => {
  const { canary } = scene;
  const run: KubeObject = {
    apiVersion: API_VERSION,
    kind: 'CanaryRun',
    metadata: {
      name: `${canary.name}-${record.run}`,
      namespace: canary.namespace,
      labels: { [CANARY_LABEL]: canary.name, [CANARY_UID_LABEL]: canary.uid, [OUTCOME_LABEL]: record.outcome },
    },
    spec: record,
  };
  try {
    wrote(deps, await deps.client.create(run));
  } catch (error) {
    if (!isKubeError(error, 'AlreadyExists')) throw error;
  }
};
