import type { CanaryStatus, Digests, SourceStatus } from '../api/canary-status.ts';
import { REVISION_LABEL, type Side } from '../api/names.ts';
import { stringAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import type { Observed, ServiceView, TargetView, WorkloadView } from '../rollout/observed.ts';
import { kindOf } from '../workload/kinds/kind-of.ts';
import { targetView } from '../workload/revision.ts';
import { serviceView } from '../workload/services.ts';
import { desiredRevision, observeFound } from './observe-found.ts';
import type { Scene } from './scene.ts';
import { recordedSide, wantedService, workloadRef } from './wanted-objects.ts';

const SIDES: readonly Side[] = ['primary', 'canary'];

const workload = (scene: Scene, name: string): KubeObject | undefined => scene.view.get(workloadRef(scene, name));

/** Pods of the target, or of one side; none of what does not exist. */
const podsOf = (scene: Scene, which: 'target' | Side): readonly KubeObject[] => {
  const { names, around } = scene;
  const object = workload(scene, which === 'target' ? names.target : names.workload[which]);
  return object === undefined ? [] : kindOf(object).pods(object, around);
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
  const { around, configs, named, names } = scene;
  const target = workload(scene, names.target);
  if (target === undefined) return undefined;
  const beside = SIDES.flatMap((side) => podsOf(scene, side));
  return targetView({ target, around, configs, named, beside, source: sourceOf(target, scene) });
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
  const { names, around } = scene;
  const object = workload(scene, names.workload[side]);
  if (object === undefined) return undefined;
  const { analysis } = scene.canary.spec;
  const revision = object.metadata.labels?.[REVISION_LABEL] ?? '';
  const pins = side === 'canary' ? undefined : digestsOfRevision(revision, status);
  return kindOf(object).view(object, {
    around,
    beside: (['target', ...SIDES] as const).flatMap((which) => (which === side ? [] : podsOf(scene, which))),
    slices: around.slices(names.service[side]),
    readyPercent: side === 'primary' ? analysis.primaryReadyThreshold : analysis.canaryReadyThreshold,
    digests: digestsFor(side, status),
    wanted: recordedSide(side, scene, { revision, replicas: 0, digests: pins }),
  });
};

const observeService = (which: 'apex' | Side, scene: Scene): ServiceView | undefined => {
  const { canary, names, view, around } = scene;
  const name = which === 'apex' ? names.apex : names.service[which];
  const service = view.get({ apiVersion: 'v1', kind: 'Service', namespace: canary.namespace, name });
  const wanted = wantedService(which, scene);
  if (service === undefined || wanted === undefined) return undefined;
  return serviceView({
    service,
    wanted,
    slices: around.slices(name),
    side: which === 'apex' ? 'primary' : which,
    pods: { primary: podsOf(scene, 'primary'), canary: podsOf(scene, 'canary') },
    canaryUid: canary.uid,
    sharesSelectors: kindOf(canary.spec.targetRef).sharesSelectors,
  });
};

/** What a primary serves that was there before, until it is made Serin's. */
const foundBefore = (scene: Scene): Observed['found'] => {
  const target = workload(scene, scene.names.target);
  if (target === undefined) return undefined;
  const found = observeFound(scene, { target, desired: desiredRevision(scene, target) });
  if (found === undefined || 'waiting' in found) return found && { waiting: found.waiting };
  const { configs: _, absent: __, ...revision } = found;
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
