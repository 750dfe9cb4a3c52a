import type { RunRecord } from '../api/canary-run.ts';
import type { Digests } from '../api/canary-status.ts';
import { API_VERSION, CANARY_LABEL, CANARY_UID_LABEL, OUTCOME_LABEL, type Side } from '../api/names.ts';
import { recordAt } from '../lib/json.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
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

/** The stored template of a revision. */
const recordOf = (revision: string, { canary, names, view }: Scene): RevisionRecord | undefined => {
  const name = revisionName(names.target, revision);
  const stored = view.get({ apiVersion: 'apps/v1', kind: 'ControllerRevision', namespace: canary.namespace, name });
  return stored && readRecord(stored);
};

type SideOptions = { readonly revision: string; readonly replicas: number; readonly digests?: Digests | undefined };

/** Primary or canary of a revision, to be applied; undefined when its template is not stored. */
export const recordedSide = (side: Side, scene: Scene, options: SideOptions): KubeObject | undefined => {
  const { canary, names, view } = scene;
  const existing = view.get(deploymentRef(scene, names.workload[side]));
  const record = recordOf(options.revision, scene);
  const manifest = side === 'primary' ? primaryManifest : canaryManifest;
  return record && manifest(record, { canary, ...options, existing });
};

/** Primary or canary as an action wants it. Throws when its template is not stored: nothing else may be put there. */
export const wantedSide = (side: Side, scene: Scene, action: SideOptions): KubeObject => {
  const wanted = recordedSide(side, scene, action);
  if (wanted !== undefined) return wanted;
  const name = `${scene.canary.namespace}/${revisionName(scene.names.target, action.revision)}`;
  throw new Error(
    `Cannot apply revision ${action.revision}: ControllerRevision ${name} is missing, want the stored template`,
  );
};

/** What a Service should be now; undefined while the Deployment whose pods it selects is not known. */
export const wantedService = (service: 'apex' | Side, scene: Scene): KubeObject | undefined => {
  const { canary, names, view } = scene;
  const side = service === 'apex' ? 'primary' : service;
  const existing = view.get(deploymentRef(scene, names.workload[side]));
  const source = existing ?? view.get(deploymentRef(scene, names.target));
  if (source === undefined) return undefined;
  const selector = sideSelector(side, { spec: recordAt(source, 'spec'), existing, shadow: canary.shadow });
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
