import type { CanaryStatus } from '../api/canary-status.ts';
import { isAdoptedBy } from '../api/ownership.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
import type { Observed } from '../rollout/observed.ts';
import { autoscalerProblems } from '../workload/autoscaler/autoscaler-problems.ts';
import { autoscalerView } from '../workload/autoscaler/autoscaler-view.ts';
import type { AutoscalerRef } from '../workload/autoscaler/bounds.ts';
import { primaryAutoscalerName } from '../workload/autoscaler/primary-autoscaler.ts';
import { scalesDeployment } from '../workload/autoscaler/scaled-workload.ts';
import type { Caches } from './caches.ts';
import type { Scene } from './scene.ts';

const API_VERSIONS = {
  HorizontalPodAutoscaler: 'autoscaling/v2',
  ScaledObject: 'keda.sh/v1alpha1',
} as const satisfies Record<AutoscalerRef['kind'], string>;
const KINDS = ['HorizontalPodAutoscaler', 'ScaledObject'] as const;

/** An autoscaler in the Canary's namespace. */
export const autoscalerRefOf = (
  { canary }: Pick<Scene, 'canary'>,
  { kind, name }: Pick<AutoscalerRef, 'kind' | 'name'>,
): ObjectRef => ({ apiVersion: API_VERSIONS[kind], kind, namespace: canary.namespace, name });

/** Autoscalers that were made for this Canary and are not the one that it should have. */
export const autoscalersLeft = ({ canary }: Pick<Scene, 'canary'>, caches: Caches): readonly KubeObject[] => {
  const { autoscalerRef: ref } = canary.spec;
  const wanted = ref === undefined ? undefined : primaryAutoscalerName(ref.name);
  return KINDS.flatMap((kind) => caches.byIndex(kind, { index: 'canaryUid', value: canary.uid })).filter(
    ({ kind, metadata }) => kind !== ref?.kind || metadata.name !== wanted,
  );
};

/** A ScaledObject that Serin still holds paused and that the Canary does not name any more. */
const leftPaused = (scene: Scene, { adopted }: CanaryStatus): string | undefined => {
  const { canary, view } = scene;
  const { scaledObject: name } = adopted ?? {};
  const { autoscalerRef: ref } = canary.spec;
  if (name === undefined || (ref?.kind === 'ScaledObject' && ref.name === name)) return undefined;
  const held = view.get(autoscalerRefOf(scene, { kind: 'ScaledObject', name }));
  return held !== undefined && isAdoptedBy(held, canary.uid) ? name : undefined;
};

/** HorizontalPodAutoscalers of the namespace; none are known to who may not read them, and need not be. */
const neighbours = ({ canary, view }: Scene): readonly KubeObject[] => {
  const of = { apiVersion: API_VERSIONS.HorizontalPodAutoscaler, kind: KINDS[0], namespace: canary.namespace };
  return view.sees({ ...of, name: '' }) ? view.list(of) : [];
};

/** The target's autoscaler, what the primary has of it, what an earlier one has left, and what is wrong with all that. */
export const observeAutoscaler = (
  scene: Scene,
  status: CanaryStatus,
  caches: Caches,
): Pick<Observed, 'autoscaler' | 'autoscalerLeft' | 'problems'> => {
  const { canary, names, view } = scene;
  const { autoscalerRef: ref } = canary.spec;
  const source = ref && view.get(autoscalerRefOf(scene, ref));
  const standing = ref && view.get(autoscalerRefOf(scene, { ...ref, name: primaryAutoscalerName(ref.name) }));
  const problems = autoscalerProblems({ canary, source, standing, autoscalers: neighbours(scene) });
  const paused = leftPaused(scene, status);
  const isLeft = paused !== undefined || autoscalersLeft(scene, caches).length > 0;
  return {
    problems,
    ...(ref === undefined || source === undefined || !scalesDeployment(source, names.target)
      ? {}
      : { autoscaler: autoscalerView({ source, standing, canary, ref }) }),
    ...(isLeft ? { autoscalerLeft: paused === undefined ? {} : { scaledObject: paused } } : {}),
  };
};
