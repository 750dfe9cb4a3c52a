import { isUpTo } from '../kube/resource-version.ts';
import { kindWord } from '../kube/resources.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
import { keyOf, refOf } from '../lib/kube-object.ts';

type Written = { readonly object: KubeObject } | { readonly removedUid: string };

/** What a watch has shown of one object: how it stands, and up to which resourceVersion the whole kind is known. */
export type Shown = { readonly object: KubeObject | undefined; readonly upTo: string | undefined };

const tokenOf = (ref: ObjectRef): string => `${kindWord(ref)} ${keyOf(ref)}`;

const isCaughtUp = (written: Written, { object, upTo }: Shown): boolean => {
  if ('removedUid' in written) return object !== undefined && object.metadata.uid !== written.removedUid;
  const version = written.object.metadata.resourceVersion;
  if (object !== undefined) return isUpTo(object.metadata.resourceVersion, version);
  // Not there, though everything up to the write has been shown: somebody has deleted it since.
  return upTo !== undefined && isUpTo(upTo, version);
};

/**
 * What Serin itself wrote and the watches have not shown yet: a reconcile sees its predecessor's writes, so that it
 * neither repeats them nor decides on what was there before. Nothing is kept of what a watch has shown.
 */
export class OwnWrites {
  readonly #written = new Map<string, Written>();

  wrote(object: KubeObject, shown: Shown): void {
    const written = { object };
    const token = tokenOf(refOf(object));
    // The watch may be faster than the answer to the write.
    if (isCaughtUp(written, shown)) this.#written.delete(token);
    else this.#written.set(token, written);
  }

  removed(ref: ObjectRef, of: { readonly uid: string; readonly shown: KubeObject | undefined }): void {
    const token = tokenOf(ref);
    const written = this.#written.get(token);
    const isHidden = written !== undefined && 'object' in written && written.object.metadata.uid === of.uid;
    if (of.shown?.metadata.uid === of.uid || isHidden) this.#written.set(token, { removedUid: of.uid });
    else this.#written.delete(token);
  }

  /** Forgets what a watch has caught up with. */
  seen(event: { readonly deleted: boolean; readonly object: KubeObject }): void {
    const token = tokenOf(refOf(event.object));
    const written = this.#written.get(token);
    if (written === undefined) return;
    const { uid } = event.object.metadata;
    const caughtUp = event.deleted
      ? 'removedUid' in written || uid === written.object.metadata.uid
      : isCaughtUp(written, { object: event.object, upTo: undefined });
    if (caughtUp) this.#written.delete(token);
  }

  /** The newer of what the watch has shown and what was written. */
  newest(ref: ObjectRef, shown: Shown): KubeObject | undefined {
    const token = tokenOf(ref);
    const written = this.#written.get(token);
    if (written === undefined) return shown.object;
    if (isCaughtUp(written, shown)) {
      this.#written.delete(token);
      return shown.object;
    }
    return 'removedUid' in written ? undefined : written.object;
  }

  /** Number of writes that no watch has shown yet. */
  get size(): number {
    return this.#written.size;
  }
}
