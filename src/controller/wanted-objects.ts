import type { RunRecord } from '../api/canary-run.ts';
import type { Digests } from '../api/canary-status.ts';
import { API_VERSION, CANARY_LABEL, CANARY_UID_LABEL, OUTCOME_LABEL, type Side } from '../api/names.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
import { kindOf } from '../workload/kinds/kind-of.ts';
import { revisionName, runName } from '../workload/names.ts';
import { type RevisionRecord, readRecord } from '../workload/revision-record.ts';
import type { Scene } from './scene.ts';

/** An object of the target's kind in the Canary's namespace: the target, or a side. */
export const workloadRef = ({ canary }: Pick<Scene, 'canary'>, name: string): ObjectRef => {
  const { apiVersion, kind } = kindOf(canary.spec.targetRef);
  return { apiVersion, kind, namespace: canary.namespace, name };
};

/** The stored template of a revision. */
export const storedRecord = (revision: string, { canary, view }: Scene): RevisionRecord | undefined => {
  const name = revisionName(canary.spec, revision);
  const stored = view.get({ apiVersion: 'apps/v1', kind: 'ControllerRevision', namespace: canary.namespace, name });
  return stored && readRecord(stored);
};

type SideOptions = { readonly revision: string; readonly replicas: number; readonly digests?: Digests | undefined };

/** Primary or canary of a revision, to be applied; undefined when its template is not stored. */
export const recordedSide = (side: Side, scene: Scene, options: SideOptions): KubeObject | undefined => {
  const { canary, names, view } = scene;
  const existing = view.get(workloadRef(scene, names.workload[side]));
  const record = storedRecord(options.revision, scene);
  return record && kindOf(canary.spec.targetRef).side(side, record, { canary, ...options, existing });
};

/** Primary or canary as an action wants it. Throws when its template is not stored: nothing else may be put there. */
export const wantedSide = (side: Side, scene: Scene, action: SideOptions): KubeObject => {
  const wanted = recordedSide(side, scene, action);
  if (wanted !== undefined) return wanted;
  const { namespace, spec } = scene.canary;
  const name = `${namespace}/${revisionName(spec, action.revision)}`;
  throw new Error(
    `Cannot apply revision ${action.revision}: ControllerRevision ${name} is missing, want the stored template`,
  );
};

const serviceNamed = ({ canary, view }: Scene, name: string): KubeObject | undefined =>
  view.get({ apiVersion: 'v1', kind: 'Service', namespace: canary.namespace, name });

/** What the canary is while there is no run; undefined where there is none then. */
export const idleCanary = (scene: Scene): KubeObject | undefined => {
  const { canary, names, view } = scene;
  const target = view.get(workloadRef(scene, names.target));
  return kindOf(canary.spec.targetRef).idle(canary, target);
};

/** What a Service should be now; undefined while the side whose pods it selects is not known. */
export const wantedService = (service: 'apex' | Side, scene: Scene): KubeObject | undefined => {
  const { canary, names, view } = scene;
  return kindOf(canary.spec.targetRef).service(service, {
    canary,
    target: view.get(workloadRef(scene, names.target)),
    side: view.get(workloadRef(scene, names.workload[service === 'apex' ? 'primary' : service])),
    apex: serviceNamed(scene, names.apex),
    record: (revision) => storedRecord(revision, scene),
  });
};

/** The record of a run. */
export const runRef = (run: string, { namespace, name }: Pick<Scene['canary'], 'namespace' | 'name'>): ObjectRef => ({
  apiVersion: API_VERSION,
  kind: 'CanaryRun',
  namespace,
  name: runName(name, run),
});

/** The record of a finished run, to be written. */
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
