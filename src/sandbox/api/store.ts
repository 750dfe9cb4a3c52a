import type { Cancel } from '../../lib/clock.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { deepFreeze } from './json-copy.ts';
import type { ServedResource } from './resources.ts';
import { expired } from './status.ts';

/** One write. `object` is what the watchers are shown; of a deletion, the last state with the deletion's revision. */
export type Change = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: ServedResource;
  readonly object: KubeObject;
  readonly previous?: KubeObject;
  readonly revision: number;
};

/** Objects of one namespace by name; `sorted` is dropped by every write. */
type Shelf = { readonly objects: Map<string, KubeObject>; sorted: readonly KubeObject[] | undefined };

/**
 * The objects and their recent history, under one counter of revisions: etcd's part of the work. It knows no rule of
 * any kind; every object in it is frozen. Lists are in the order of etcd's keys, `namespace/name`.
 */
export class Store {
  readonly #shelves = new Map<ServedResource, Map<string, Shelf>>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #historyLimit: number;
  /** One entry per revision, without holes: the first is of revision `#compacted + 1`. */
  #history: Change[] = [];
  #revision = 1;
  #compacted = 1;

  /** Remembers at least the last `historyLimit` changes. */
  constructor({ historyLimit }: { readonly historyLimit: number }) {
    this.#historyLimit = historyLimit;
  }

  get revision(): number {
    return this.#revision;
  }

  /** The oldest revision that can be told. */
  get compacted(): number {
    return this.#compacted;
  }

  get(
    resource: ServedResource,
    { namespace = '', name }: { namespace?: string; name: string },
  ): KubeObject | undefined {
    return this.#shelves.get(resource)?.get(namespace)?.objects.get(name);
  }

  /** All objects of a kind, or those of one namespace. */
  list(resource: ServedResource, namespace?: string): readonly KubeObject[] {
    const shelves = this.#shelves.get(resource);
    if (shelves === undefined) return [];
    if (namespace !== undefined) return sortedShelf(shelves.get(namespace));
    if (shelves.size === 1) return [...shelves.values()].flatMap(sortedShelf);
    return [...shelves].sort(([a], [b]) => compare(`${a}/`, `${b}/`)).flatMap(([, shelf]) => sortedShelf(shelf));
  }

  /** The same as it was at `revision`. Throws 410 when that is forgotten. */
  listAt(resource: ServedResource, revision: number): readonly KubeObject[] {
    const later = this.since(revision).filter((change) => change.resource === resource);
    if (later.length === 0) return this.list(resource);
    const objects = new Map(this.list(resource).map((object) => [storageKey(object), object]));
    for (const { object, previous } of later.reverse()) {
      if (previous === undefined) objects.delete(storageKey(object));
      else objects.set(storageKey(object), previous);
    }
    return [...objects].sort(([a], [b]) => compare(a, b)).map(([, object]) => object);
  }

  /** What has changed after `revision`, oldest first. Throws 410 when that is forgotten. */
  since(revision: number): Change[] {
    if (revision < this.#compacted) throw expired(`too old resource version: ${revision} (${this.#compacted})`);
    return this.#history.slice(revision - this.#compacted);
  }

  /** Stores `object` under the next revision and returns it as stored. */
  put(resource: ServedResource, object: KubeObject): KubeObject {
    const shelf = this.#shelfOf(resource, object);
    const previous = shelf.objects.get(object.metadata.name);
    const stored = this.#stamp(object);
    shelf.objects.set(object.metadata.name, stored);
    shelf.sorted = undefined;
    this.#record({ type: previous === undefined ? 'ADDED' : 'MODIFIED', resource, object: stored }, previous);
    return stored;
  }

  /** Takes `object` out; returns it as the watchers see it. */
  delete(resource: ServedResource, object: KubeObject): KubeObject {
    const shelf = this.#shelfOf(resource, object);
    const previous = shelf.objects.get(object.metadata.name);
    const last = this.#stamp(object);
    shelf.objects.delete(object.metadata.name);
    shelf.sorted = undefined;
    this.#record({ type: 'DELETED', resource, object: last }, previous);
    return last;
  }

  /** Forgets the history up to `revision`: lists and watches from before it get 410. */
  compact(revision = this.#revision): void {
    const upTo = Math.min(Math.max(revision, this.#compacted), this.#revision);
    this.#history = this.#history.slice(upTo - this.#compacted);
    this.#compacted = upTo;
  }

  /** Called within each write, after it is done; must not write. */
  listen(listener: (change: Change) => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #shelfOf(resource: ServedResource, { metadata: { namespace = '' } }: KubeObject): Shelf {
    let shelves = this.#shelves.get(resource);
    if (shelves === undefined) {
      shelves = new Map();
      this.#shelves.set(resource, shelves);
    }
    let shelf = shelves.get(namespace);
    if (shelf === undefined) {
      shelf = { objects: new Map(), sorted: undefined };
      shelves.set(namespace, shelf);
    }
    return shelf;
  }

  #stamp(object: KubeObject): KubeObject {
    this.#revision++;
    return deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(this.#revision) } });
  }

  #record(change: Omit<Change, 'previous' | 'revision'>, previous: KubeObject | undefined): void {
    const entry = { ...change, ...(previous === undefined ? {} : { previous }), revision: this.#revision };
    this.#history.push(entry);
    if (this.#history.length > 2 * this.#historyLimit) this.compact(this.#revision - this.#historyLimit);
    for (const listener of this.#listeners) listener(entry);
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const sortedShelf = (shelf: Shelf | undefined): readonly KubeObject[] => {
  if (shelf === undefined) return [];
  shelf.sorted ??= [...shelf.objects].sort(([a], [b]) => compare(a, b)).map(([, object]) => object);
  return shelf.sorted;
};

/** Where etcd would keep the object: lists are in this order, and a page's end is named by it. */
export const storageKey = ({ metadata: { namespace, name } }: KubeObject): string =>
  namespace === undefined ? name : `${namespace}/${name}`;
