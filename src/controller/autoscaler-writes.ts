import { refOf } from '../lib/kube-object.ts';
import type { Action } from '../rollout/decision.ts';
import { pauseManifest, resumePatch } from '../workload/autoscaler/pause.ts';
import { primaryAutoscaler } from '../workload/autoscaler/primary-autoscaler.ts';
import type { Caches } from './caches.ts';
import type { ClusterWriter } from './cluster-writer.ts';
import { autoscalerRefOf, autoscalersLeft } from './observe-autoscaler.ts';
import type { Scene } from './scene.ts';

type Deps = { readonly caches: Caches; readonly writer: ClusterWriter };
type Of<Type extends Action['type']> = Omit<Extract<Action, { readonly type: Type }>, 'type'>;

/** The primary's autoscaler as it should be by now. */
export const applyAutoscaler = async (
  { floor }: Of<'applyAutoscaler'>,
  scene: Scene,
  { caches, writer }: Deps,
): Promise<void> => {
  const { canary } = scene;
  const { autoscalerRef: ref } = canary.spec;
  const source = ref && caches.get(autoscalerRefOf(scene, ref));
  if (ref === undefined || source === undefined) return;
  await writer.apply(primaryAutoscaler(source, { canary, ref, floor }));
};

/** The target's own held at a number of replicas. */
export const pauseAutoscaler = async (
  { scaledObject: name, replicas }: Of<'pauseAutoscaler'>,
  scene: Scene,
  { caches, writer }: Deps,
): Promise<void> => {
  const source = caches.get(autoscalerRefOf(scene, { kind: 'ScaledObject', name }));
  if (source !== undefined) await writer.apply(pauseManifest(source, { canaryUid: scene.canary.uid, replicas }));
};

/** Gives back and removes what the Canary does not name any more. */
export const restoreAutoscaler = async (
  { scaledObject: name }: Of<'restoreAutoscaler'>,
  scene: Scene,
  { caches, writer }: Deps,
): Promise<void> => {
  const held = name === undefined ? undefined : caches.get(autoscalerRefOf(scene, { kind: 'ScaledObject', name }));
  const patch = held && resumePatch(held, scene.canary.uid);
  if (held !== undefined && patch !== undefined) await writer.merge(refOf(held), patch);
  for (const left of autoscalersLeft(scene, caches)) await writer.remove(refOf(left));
};
