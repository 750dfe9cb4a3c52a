import type { Cancel, Clock } from '../../lib/clock.ts';
import { sameJson } from '../../lib/json.ts';
import type { KubeObject, OwnerReference } from '../../lib/kube-object.ts';
import { withMetadata } from './kube-json.ts';
import type { Registry } from './registry.ts';
import type { ServedResource } from './resources.ts';
import type { Change, Store } from './store.ts';
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER, type Writer } from './writer.ts';

type Dependencies = {
  readonly store: Store;
  readonly writer: Writer;
  readonly registry: Registry;
  readonly clock: Clock;
};

type Place = { readonly resource: ServedResource; readonly object: KubeObject };

/** How long after a change the collector looks. */
const DELAY_MS = 10;

/**
 * Deletes what its owners have left behind, as kube-controller-manager's garbage collector does: in the background
 * when the last owner is gone, before the owner where its deletion is in the foreground, not at all where it orphans.
 */
export const startGarbageCollector = ({ store, writer, registry, clock }: Dependencies): Cancel => {
  /** Dependents by their owners' uid, by the dependent's own. */
  const dependents = new Map<string, Map<string, Place>>();
  /** Objects to look at, by uid: as they were when they came to attention. */
  let due = new Map<string, Place>();
  let cancel: Cancel | undefined;

  const dependentsOf = (uid: string | undefined): readonly Place[] => [...(dependents.get(uid ?? '')?.values() ?? [])];

  const enqueue = (place: Place): void => {
    due.set(place.object.metadata.uid ?? '', place);
    cancel ??= clock.after(DELAY_MS, work);
  };

  const index = ({ type, resource, object, previous }: Change): void => {
    const uid = object.metadata.uid ?? '';
    for (const owner of ownersOf(previous)) {
      const siblings = dependents.get(owner.uid);
      siblings?.delete(uid);
      if (siblings?.size === 0) dependents.delete(owner.uid);
      // An owner that waits for its dependents may go on.
      const place = findOwner(object, owner);
      if (typeof place === 'object' && awaitsDependents(place.object)) enqueue(place);
    }
    if (type === 'DELETED') return;
    for (const owner of ownersOf(object)) {
      const siblings = dependents.get(owner.uid) ?? new Map<string, Place>();
      dependents.set(owner.uid, siblings.set(uid, { resource, object }));
    }
  };

  /** The owner as it is now, 'gone', or 'unknown' where its kind is not served or it could not own the object. */
  const findOwner = ({ metadata: { namespace } }: KubeObject, owner: OwnerReference): Place | 'gone' | 'unknown' => {
    const resource = registry.ofOwner(owner);
    if (resource === undefined || (resource.namespaced && namespace === undefined)) return 'unknown';
    const place = resource.namespaced && namespace !== undefined ? { namespace } : {};
    const object = store.get(resource, { ...place, name: owner.name });
    return object?.metadata.uid === owner.uid ? { resource, object } : 'gone';
  };

  const notice = (change: Change): void => {
    index(change);
    const { type, resource, object, previous } = change;
    if (type === 'DELETED') for (const dependent of dependentsOf(object.metadata.uid)) enqueue(dependent);
    else if (awaitsCollector(object) || !sameJson(ownersOf(object), ownersOf(previous))) enqueue({ resource, object });
  };

  /** Deletes the object if nothing owns it any more; drops references to owners that are gone. */
  const collect = ({ resource, object }: Place): void => {
    const references = ownersOf(object);
    if (references.length === 0 || object.metadata.deletionTimestamp !== undefined) return;
    const found = references.map((reference) => ({ reference, owner: findOwner(object, reference) }));
    const waiting = found.filter(({ owner }) => typeof owner === 'object' && awaitsDependents(owner.object));
    const solid = found.filter((one) => one.owner !== 'gone' && !waiting.includes(one));
    if (solid.length === 0) {
      const foreground = waiting.length > 0 && dependentsOf(object.metadata.uid).length > 0;
      writer.remove(resource, object, foreground ? { propagation: 'Foreground' } : {});
    } else if (solid.length < references.length) {
      writer.settle(resource, withMetadata(object, { ownerReferences: solid.map(({ reference }) => reference) }));
    }
  };

  /** Finishes a deletion in the foreground when no dependent blocks it any more, and one that orphans at once. */
  const finish = ({ resource, object }: Place): void => {
    const { uid, finalizers = [] } = object.metadata;
    const without = (finalizer: string): KubeObject => {
      const left = finalizers.filter((name) => name !== finalizer);
      return withMetadata(object, { finalizers: left.length === 0 ? undefined : left });
    };
    if (finalizers.includes(ORPHAN_FINALIZER)) {
      for (const dependent of dependentsOf(uid)) {
        const left = ownersOf(dependent.object).filter((owner) => owner.uid !== uid);
        const ownerReferences = left.length === 0 ? undefined : left;
        writer.settle(dependent.resource, withMetadata(dependent.object, { ownerReferences }));
      }
      writer.settle(resource, without(ORPHAN_FINALIZER));
      return;
    }
    const blocking = dependentsOf(uid).filter((dependent) => blocks(dependent.object, uid));
    if (blocking.length === 0) writer.settle(resource, without(FOREGROUND_FINALIZER));
    else for (const dependent of blocking) enqueue(dependent);
  };

  const work = (): void => {
    cancel = undefined;
    const places = due;
    due = new Map();
    for (const [uid, { resource, object }] of places) {
      const now = store.get(resource, object.metadata);
      if (now === undefined || now.metadata.uid !== uid) continue;
      if (awaitsCollector(now)) finish({ resource, object: now });
      else collect({ resource, object: now });
    }
  };

  const stop = store.listen(notice);
  return () => {
    stop();
    cancel?.();
  };
};

const ownersOf = (object: KubeObject | undefined): readonly OwnerReference[] => object?.metadata.ownerReferences ?? [];

const awaitsDependents = ({ metadata: { deletionTimestamp, finalizers = [] } }: KubeObject): boolean =>
  deletionTimestamp !== undefined && finalizers.includes(FOREGROUND_FINALIZER);

const awaitsCollector = (object: KubeObject): boolean =>
  awaitsDependents(object) ||
  (object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).includes(ORPHAN_FINALIZER));

const blocks = (object: KubeObject, uid: string | undefined): boolean =>
  ownersOf(object).some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true);
