import { type KubeObject, keyOf } from '../../lib/kube-object.ts';
import type { ClusterEvent } from '../backend.ts';
import { hasLabels } from './label-selector.ts';
import { controllerOf } from './ownership.ts';

/** Sets of keys under a name; empty sets are dropped. */
class Buckets {
  readonly #sets = new Map<string, Set<string>>();

  put(name: string, key: string): void {
    const set = this.#sets.get(name);
    if (set === undefined) this.#sets.set(name, new Set([key]));
    else set.add(key);
  }

  drop(name: string, key: string): void {
    const set = this.#sets.get(name);
    if (set?.delete(key) && set.size === 0) this.#sets.delete(name);
  }

  get(name: string): ReadonlySet<string> {
    return this.#sets.get(name) ?? new Set();
  }
}

export type LabelQuery = { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };

/**
 * The objects of some kinds as their events told them, found by owner, by label and by namespace without looking at
 * all of them. Kinds go by their bare name: within the sandbox's controllers it is unambiguous.
 */
export class ObjectIndex {
  readonly #kinds: ReadonlySet<string>;
  readonly #objects = new Map<string, KubeObject>();
  readonly #buckets = new Buckets();

  constructor(kinds: readonly string[]) {
    this.#kinds = new Set(kinds);
  }

  apply({ type, object }: ClusterEvent): void {
    if (!this.#kinds.has(object.kind)) return;
    const key = `${object.kind}/${keyOf(object.metadata)}`;
    const before = this.#objects.get(key);
    if (before !== undefined) for (const name of bucketsOf(before)) this.#buckets.drop(name, key);
    if (type === 'DELETED') {
      this.#objects.delete(key);
      return;
    }
    this.#objects.set(key, object);
    for (const name of bucketsOf(object)) this.#buckets.put(name, key);
  }

  /** Objects that the owner with this uid controls. */
  owned(kind: string, uid: string): readonly KubeObject[] {
    return this.#at(`${kind} owner ${uid}`);
  }

  /** Objects of a namespace that nobody controls. */
  orphans(kind: string, namespace: string): readonly KubeObject[] {
    return this.#at(`${kind} ${namespace} orphan`);
  }

  /** Objects of a namespace. */
  list(kind: string, namespace: string): readonly KubeObject[] {
    return this.#at(`${kind} ${namespace}`);
  }

  /** Objects of a namespace that carry all of the labels; none for no labels. */
  labelled(kind: string, { namespace, labels }: LabelQuery): readonly KubeObject[] {
    let smallest: ReadonlySet<string> | undefined;
    for (const [name, value] of Object.entries(labels)) {
      const keys = this.#buckets.get(`${kind} ${namespace} ${name}=${value}`);
      if (smallest === undefined || keys.size < smallest.size) smallest = keys;
    }
    return this.#of(smallest ?? []).filter((object) => hasLabels(object.metadata.labels ?? {}, labels));
  }

  #at(bucket: string): readonly KubeObject[] {
    return this.#of(this.#buckets.get(bucket));
  }

  #of(keys: Iterable<string>): readonly KubeObject[] {
    const found: KubeObject[] = [];
    for (const key of keys) {
      const object = this.#objects.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }
}

const bucketsOf = (object: KubeObject): readonly string[] => {
  const { namespace = '', labels = {} } = object.metadata;
  const controller = controllerOf(object);
  const place = `${object.kind} ${namespace}`;
  return [
    place,
    controller === undefined ? `${place} orphan` : `${object.kind} owner ${controller.uid}`,
    ...Object.entries(labels).map(([name, value]) => `${place} ${name}=${value}`),
  ];
};
