import type { RunRecord } from '../api/canary-run.ts';
import { API_VERSION, CANARY_LABEL, CANARY_UID_LABEL, OUTCOME_LABEL, type Side } from '../api/names.ts';
import { recordAt } from '../lib/json.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
import type { Action } from '../rollout/decision.ts';
import { canaryManifest, primaryManifest, sideSelector } from '../workload/manifests.ts';
import { revisionName, runName } from '../workload/names.ts';
import { type RevisionRecord, readRecord } from '../workload/revision-record.ts';
import { apexManifest, sideServiceManifest } from '../workload/services.ts';
import type { Scene } from './scene.ts';

/** A Deployment in the Canary's namespace. */
export const deploymentRef = ({ canary }: Pick<Scene, 'canary'>, name: string): ObjectRef => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace: canary.namespace,
  name,
});

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

/** Primary or canary as an action wants it, to be applied. */
export const wantedSide = (
  side: Side,
  scene: Scene,
  action: Extract<Action, { type: 'applyPrimary' | 'applyCanary' }>,
): KubeObject => {
  const { canary, names, view } = scene;
  const existing = view.get(deploymentRef(scene, names.workload[side]));
  const digests = action.type === 'applyPrimary' ? action.digests : undefined;
  const manifest = side === 'primary' ? primaryManifest : canaryManifest;
  return manifest(recordOf(action.revision, scene), { canary, replicas: action.replicas, digests, existing });
};

/** What a Service should be now; undefined while the Deployment whose pods it selects is not known. */
export const wantedService = (service: 'apex' | Side, scene: Scene): KubeObject | undefined => {
  const { canary, names, view } = scene;
  const side = service === 'apex' ? 'primary' : service;
  const existing = view.get(deploymentRef(scene, names.workload[side]));
  const source = existing ?? view.get(deploymentRef(scene, names.target));
  if (source === undefined) return undefined;
  const selector = sideSelector(side, { spec: recordAt(source, 'spec'), existing });
  const apex = view.get({ apiVersion: 'v1', kind: 'Service', namespace: canary.namespace, name: names.apex });
  return service === 'apex'
    ? apexManifest({ canary, selector, existing: apex })
    : sideServiceManifest(service, { canary, selector, apex });
};

/** The record of a finished run. */
export const wantedRun = (record: RunRecord, { canary }: Scene): KubeObject => ({
  apiVersion: API_VERSION,
  kind: 'CanaryRun',
  metadata: {
    name: runName(canary.name, record.run),
    namespace: canary.namespace,
    labels: { [CANARY_LABEL]: canary.name, [CANARY_UID_LABEL]: canary.uid, [OUTCOME_LABEL]: record.outcome },
  },
  spec: record,
});
