import type { Cancel, Clock } from '../lib/clock.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';

export type ClusterEvent = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject };

/**
 * The embedded cluster's storage, as its own controllers (Deployments, pods, gateway status) use it. Everything else
 * comes in through the Kubernetes API.
 */
export type ClusterBackend = {
  readonly clock: Clock;
  readonly read: (ref: ObjectRef) => KubeObject | undefined;
  readonly list: (
    kind: { readonly apiVersion: string; readonly kind: string },
    options?: { readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> },
  ) => readonly KubeObject[];
  /**
   * Creates or replaces metadata and spec; status stays. An unchanged object is not written. Generation follows spec.
   * Throws what the API would answer: an object that carries an old resourceVersion is a conflict.
   */
  readonly write: (object: KubeObject, options: { readonly manager: string }) => KubeObject;
  /** Replaces the status of an object that exists, and adds annotations; throws when it is gone. */
  readonly writeStatus: (
    ref: ObjectRef,
    status: unknown,
    options: { readonly manager: string; readonly annotations?: Readonly<Record<string, string>> },
  ) => KubeObject;
  /**
   * Deletes as the API would: finalizers are honoured, and a pod with `spec.nodeName` is only marked for deletion
   * until it is removed again with `gracePeriodSeconds: 0`, as a kubelet does. False when it was not there.
   */
  readonly remove: (ref: ObjectRef, options?: { readonly gracePeriodSeconds?: number }) => boolean;
  /** Called for every change, in order, never in the middle of a write. */
  readonly subscribe: (listener: (event: ClusterEvent) => void) => Cancel;
};
