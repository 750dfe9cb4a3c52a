import { FINALIZER } from '../api/names.ts';
import type { KubeClient } from '../kube/client.ts';
import { isKubeError } from '../kube/kube-error.ts';
import { assertNever } from '../lib/assert-never.ts';
import { sameJson } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { refOf } from '../lib/kube-object.ts';
import type { Action } from '../rollout/decision.ts';
import type { Log } from '../telemetry/log.ts';
import { twoWay } from '../traffic/split.ts';
import { keepReplicas } from '../workload/keep-replicas.ts';
import { answerAction } from './answer-action.ts';
import { applyAutoscaler, pauseAutoscaler, restoreAutoscaler } from './autoscaler-writes.ts';
import type { Caches } from './caches.ts';
import type { ClusterWriter } from './cluster-writer.ts';
import { collect } from './collect.ts';
import { applyDisruptionBudget } from './disruption-budget.ts';
import { noteRun } from './note-run.ts';
import { pinRevision } from './pin-revision.ts';
import { deleteOwned, removeCanary, restoreApex, scaleTarget } from './restore.ts';
import type { Scene } from './scene.ts';
import { wantedRun, wantedService, wantedSide } from './wanted-objects.ts';

/** What performing needs beside the scene. */
export type PerformDeps = {
  readonly client: KubeClient;
  readonly caches: Caches;
  readonly writer: ClusterWriter;
  readonly log: Log;
};

/**
 * Does one action. Idempotent: doing it again, or after somebody else did, changes nothing. Rejects with KubeError; the
 * reconcile is then repeated from observation.
 */
export const perform = async (action: Action, scene: Scene, deps: PerformDeps): Promise<void> => {
  const { router, route } = scene;
  const { caches, writer } = deps;
  // Read anew, not through the scene's view: an action before this one may have written the route.
  const objects = { get: caches.get, sees: caches.sees, list: caches.listIn };
  switch (action.type) {
    case 'addFinalizer':
      return keepFinalizer(scene.object, deps);
    case 'removeFinalizer':
      return writeFinalizers(scene.object, deps, (finalizers) => finalizers.filter((name) => name !== FINALIZER));
    case 'pinRevision':
      return pinRevision(action.revision, scene, deps);
    case 'applyPrimary': {
      const wanted = wantedSide('primary', scene, action);
      const existing = action.resize === true ? undefined : caches.get(refOf(wanted));
      const isScaled = scene.canary.spec.autoscalerRef !== undefined;
      return writer.apply(existing === undefined ? wanted : keepReplicas(wanted, { existing, isScaled }));
    }
    case 'applyCanary':
      return writer.apply(wantedSide('canary', scene, action));
    case 'deleteCanary':
      return removeCanary(scene, writer);
    case 'scaleTarget':
      return scaleTarget(action.replicas, scene, deps);
    case 'applyService': {
      const wanted = wantedService(action.service, scene);
      return wanted && writer.apply(wanted);
    }
    case 'setRoute': {
      const { type: _, canaryWeight, ...rest } = action;
      const intent = { split: twoWay(route, canaryWeight), ...rest };
      return writer.patch(router.plan(objects, route, intent).patches);
    }
    case 'releaseRoute':
      return writer.patch(router.release(objects, route).patches);
    case 'writeRun':
      return writer.create(wantedRun(action.record, scene));
    case 'noteRun':
      return noteRun(action, scene, deps);
    case 'collect':
      return collect(action.keepRevisions, scene, deps);
    case 'restoreApex':
      return restoreApex(scene, writer);
    case 'deleteOwned':
      return deleteOwned(scene, deps);
    case 'applyAutoscaler':
      return applyAutoscaler(action, scene, deps);
    case 'pauseAutoscaler':
      return pauseAutoscaler(action, scene, deps);
    case 'restoreAutoscaler':
      return restoreAutoscaler(action, scene, deps);
    case 'applyDisruptionBudget':
      return applyDisruptionBudget(scene, deps);
    case 'answerAction':
      return answerAction({ namespace: scene.canary.namespace, name: action.name }, { ...deps, told: action });
    default:
      return assertNever(action, 'action');
  }
};

/** Guarded by the resourceVersion of the newest Canary known: its status may have been written a moment ago. */
const writeFinalizers = async (
  canary: KubeObject,
  { caches, writer }: Pick<PerformDeps, 'caches' | 'writer'>,
  change: (finalizers: readonly string[]) => readonly string[],
): Promise<void> => {
  const ref = refOf(canary);
  const { resourceVersion, finalizers = [] } = (caches.get(ref) ?? canary).metadata;
  const wanted = [...new Set(change(finalizers))];
  if (sameJson(wanted, finalizers)) return;
  try {
    await writer.merge(ref, { metadata: { resourceVersion, finalizers: wanted } });
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error;
  }
};

/** Puts the finalizer on a Canary; nothing when it has it. */
export const keepFinalizer = (canary: KubeObject, deps: Pick<PerformDeps, 'caches' | 'writer'>): Promise<void> =>
  writeFinalizers(canary, deps, (finalizers) => [...finalizers, FINALIZER]);
