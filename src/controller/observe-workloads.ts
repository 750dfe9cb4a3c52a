import type { CanaryStatus, Digests, SourceStatus } from '../api/canary-status.ts';
import { REVISION_LABEL, type Side } from '../api/names.ts';
import { stringAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import type { Observed, ServiceView, TargetView, WorkloadView } from '../rollout/observed.ts';
import { workloadView } from '../workload/readiness.ts';
import { targetView } from '../workload/revision.ts';
import { serviceView } from '../workload/services.ts';
import { desiredRevision, observeFound } from './observe-found.ts';
import type { Scene } from './scene.ts';
import { deploymentRef, recordedSide, wantedService } from './wanted-objects.ts';

const deployment = (scene: Scene, name: string): KubeObject | undefined => scene.view.get(deploymentRef(scene, name));

type Pods = { readonly replicaSets: readonly KubeObject[]; readonly pods: readonly KubeObject[] };

const podsOf = ({ view }: Scene, workload: KubeObject): Pods => {
  const replicaSets = view.ownedBy('ReplicaSet', workload.metadata.uid ?? '');
  const pods = replicaSets.flatMap((set) => view.ownedBy('Pod', set.metadata.uid ?? ''));
  return { replicaSets, pods };
};

/** The commit that Flux is applying or has last applied, when Flux owns the target. */
const sourceOf = (target: KubeObject, { view }: Scene): SourceStatus | undefined => {
  const name = target.metadata.labels?.['kustomize.toolkit.fluxcd.io/name'];
  const namespace = target.metadata.labels?.['kustomize.toolkit.fluxcd.io/namespace'];
  if (name === undefined || namespace === undefined) return undefined;
  const kustomization = view.get({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    namespace,
    name,
  });
  // Flux tells what it attempts before it applies it: the target changes before lastAppliedRevision does.
  const revision =
    stringAt(kustomization, 'status', 'lastAttemptedRevision') ??
    stringAt(kustomization, 'status', 'lastAppliedRevision');
  const commit = /sha1:([0-9a-f]{40})$/.exec(revision ?? '')?.[1];
  return commit === undefined ? undefined : { commit };
};

const observeTarget = (scene: Scene): TargetView | undefined => {
  const target = deployment(scene, scene.names.target);
  if (target === undefined) return undefined;
  const replicaSets = scene.view.ownedBy('ReplicaSet', target.metadata.uid ?? '');
  return targetView({ target, replicaSets, configs: scene.configs, source: sourceOf(target, scene) });
};

/** What the side's images should be pinned to: the run's digests while it is promoted, else what is stable. */
const digestsFor = (side: Side, { run, stable }: CanaryStatus): Digests | undefined =>
  side === 'canary'
    ? undefined
    : run?.stage === 'promoting' || run?.stage === 'returning'
      ? run.digests
      : stable?.digests;

/** What the primary's images are pinned to when it is made of this revision. */
const digestsOfRevision = (revision: string, { run, stable }: CanaryStatus): Digests | undefined =>
  revision === stable?.revision ? stable.digests : revision === run?.revision ? run.digests : undefined;

const observeSide = (side: Side, scene: Scene, status: CanaryStatus): WorkloadView | undefined => {
  const { canary, names, view } = scene;
  const workload = deployment(scene, names.workload[side]);
  if (workload === undefined) return undefined;
  const slices = view.endpointSlices({ namespace: canary.namespace, name: names.service[side] });
  const digests = digestsFor(side, status);
  const revision = workload.metadata.labels?.[REVISION_LABEL] ?? '';
  const pins = side === 'canary' ? undefined : digestsOfRevision(revision, status);
  const wanted = recordedSide(side, scene, { revision, replicas: 0, digests: pins });
  return workloadView({ workload, ...podsOf(scene, workload), slices, digests, wanted });
};

const observeService = (which: 'apex' | Side, scene: Scene): ServiceView | undefined => {
  const { canary, names, view } = scene;
  const name = which === 'apex' ? names.apex : names.service[which];
  const service = view.get({ apiVersion: 'v1', kind: 'Service', namespace: canary.namespace, name });
  const wanted = wantedService(which, scene);
  if (service === undefined || wanted === undefined) return undefined;
  const podsOfSide = (side: Side): readonly KubeObject[] => {
    const workload = deployment(scene, names.workload[side]);
    return workload === undefined ? [] : podsOf(scene, workload).pods;
  };
  return serviceView({
    service,
    wanted,
    slices: view.endpointSlices({ namespace: canary.namespace, name }),
    side: which === 'apex' ? 'primary' : which,
    pods: { primary: podsOfSide('primary'), canary: podsOfSide('canary') },
  });
};

/** What a primary serves that was there before, until it is made Serin's. */
const foundBefore = (scene: Scene): Observed['found'] => {
  const target = deployment(scene, scene.names.target);
  if (target === undefined) return undefined;
  const found = observeFound(scene, { target, desired: desiredRevision(scene, target) });
  if (found === undefined || 'waiting' in found) return found && { waiting: found.waiting };
  const { configs: _, ...revision } = found;
  return { revision };
};

/** Everything about pods: the target, both sides, and the three Services. */
export const observeWorkloads = (
  scene: Scene,
  status: CanaryStatus,
): Pick<Observed, 'target' | 'primary' | 'side' | 'found' | 'services'> => {
  const target = observeTarget(scene);
  const primary = observeSide('primary', scene, status);
  const side = observeSide('canary', scene, status);
  const found = foundBefore(scene);
  const [apex, primaryService, canaryService] = [
    observeService('apex', scene),
    observeService('primary', scene),
    observeService('canary', scene),
  ];
  return {
    ...(target === undefined ? {} : { target }),
    ...(primary === undefined ? {} : { primary }),
    ...(side === undefined ? {} : { side }),
    ...(found === undefined ? {} : { found }),
    services: {
      ...(apex === undefined ? {} : { apex }),
      ...(primaryService === undefined ? {} : { primary: primaryService }),
      ...(canaryService === undefined ? {} : { canary: canaryService }),
    },
  };
};
