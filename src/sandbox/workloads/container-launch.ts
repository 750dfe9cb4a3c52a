import { stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { messageOf } from '../../lib/message-of.ts';
import type { ClusterBackend } from '../backend.ts';
import { containerEnv, type MissingConfig, missingVolume } from './container-env.ts';
import { type Image, type ImageBehaviour, type ImageCatalogue, withEnvironment } from './image-catalogue.ts';
import type { ContainerState } from './pod-status.ts';

/** What comes of an attempt to start a container. */
export type Launch =
  | { readonly kind: 'started'; readonly image: Image; readonly behaviour: () => ImageBehaviour }
  /** Tried again after a back-off. */
  | { readonly kind: 'pullFailed'; readonly state: ContainerState }
  /** Tried again when that config comes; never, when no config is named. */
  | { readonly kind: 'held'; readonly state: ContainerState; readonly missing?: MissingConfig };

export type LaunchOptions = {
  readonly backend: Pick<ClusterBackend, 'read'>;
  readonly catalogue: Pick<ImageCatalogue, 'find'>;
};

export const CONTAINER_CREATING: ContainerState = { kind: 'waiting', reason: 'ContainerCreating' };

const configError = (message: string): ContainerState => ({
  kind: 'waiting',
  reason: 'CreateContainerConfigError',
  message,
});

/** Starts a container of `pod` as a kubelet does: volumes, then the image, then the environment. */
export const launch = (pod: KubeObject, container: unknown, options: LaunchOptions): Launch => {
  const { backend, catalogue } = options;
  const source = { backend, namespace: pod.metadata.namespace ?? '' };
  const volume = missingVolume(pod['spec'], source);
  // A real kubelet says why in an event only; the container just stays in creation.
  if (volume !== undefined) return { kind: 'held', state: CONTAINER_CREATING, missing: volume };

  const reference = stringAt(container, 'image') ?? '';
  const image = catalogue.find(reference);
  const pullError = image === undefined ? `${reference}: not found` : image.behaviour.pullError;
  if (image === undefined || pullError !== undefined) {
    const message = `Back-off pulling image "${reference}": ErrImagePull: ${pullError}`;
    return { kind: 'pullFailed', state: { kind: 'waiting', reason: 'ImagePullBackOff', message } };
  }

  const resolved = containerEnv(container, source);
  if ('missing' in resolved) {
    return { kind: 'held', state: configError(resolved.missing.message), missing: resolved.missing };
  }
  try {
    withEnvironment(image.behaviour, resolved.env);
  } catch (error) {
    return { kind: 'held', state: configError(messageOf(error)) };
  }
  // Looked up each time, so that publishing the image anew changes what already runs.
  const behaviour = (): ImageBehaviour => withEnvironment((catalogue.find(reference) ?? image).behaviour, resolved.env);
  return { kind: 'started', image, behaviour };
};
