import { isUpTo } from '../kube/resource-version.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
import { keyOf } from '../lib/kube-object.ts';

type Written = { readonly object: KubeObject } | { readonly removedUid: string };

const tokenOf = (ref: { readonly kind: string; readonly namespace?: string; readonly name: string }): string =>
  `${ref.kind} ${keyOf(ref)}`;

/**
 * What Serin itself wrote and the watches have not shown yet: a reconcile sees its predecessor's writes, so that it
 * neither repeats them nor decides on what was there before.
 */
export class OwnWrites {
  readonly #written = new Map<string, Written>();

  wrote(object: KubeObject): void {
    this.#written.set(tokenOf({ kind: object.kind, ...object.metadata }), { object });
  }

  removed(ref: ObjectRef, uid: string): void {
    this.#written.set(tokenOf(ref), { removedUid: uid });
  }

  /** Forgets what a watch has caught up with. */
  seen(event: { readonly deleted: boolean; readonly object: KubeObject }): void {
    const token = tokenOf({ kind: event.object.kind, ...event.object.metadata });
    const written = this.#written.get(token);
    if (written === undefined) return;
    const { uid, resourceVersion } = event.object.metadata;
    const caughtUp =
      'removedUid' in written
        ? event.deleted || uid !== written.removedUid
        : event.deleted
          ? uid === written.object.metadata.uid
          : isUpTo(resourceVersion, written.object.metadata.resourceVersion);
    if (caughtUp) this.#written.delete(token);
  }

  /** The newer of what the cache holds and what was written. */
  newest(ref: ObjectRef, cached: KubeObject | undefined): KubeObject | undefined {
    const written = this.#written.get(tokenOf(ref));
    if (written === undefined) return cached;
    if ('removedUid' in written) return cached?.metadata.uid === written.removedUid ? undefined : cached;
    if (cached !== undefined && isUpTo(cached.metadata.resourceVersion, written.object.metadata.resourceVersion)) {
      return cached;
    }
    return written.object;
  }
}
