import type { Cancel, Clock } from '../../lib/clock.ts';
import type { KubeObject, ObjectRef, Resource } from '../../lib/kube-object.ts';
import { type Random, seededRandom } from '../../lib/random.ts';
import type { ClusterBackend, ClusterEvent } from '../backend.ts';
import type { KindRules } from './admission.ts';
import { frozenCopy } from './json-copy.ts';
import { parseObject, withField } from './kube-json.ts';
import { ALL_RESOURCES, customResource, groupVersionOf, kindKeyOf, type ServedResource } from './resources.ts';
import { noSuchResource, notFound } from './status.ts';
import { type Change, Store } from './store.ts';
import { type RemoveOptions, Writer } from './writer.ts';

export type SandboxApiOptions = {
  readonly clock: Clock;
  /** Kinds that are served from the start; everything that Serin knows when absent. */
  readonly resources?: readonly ServedResource[];
  /** For generated names. Repeats by default. */
  readonly random?: Random;
  /** How many changes a watch may lag behind before it gets 410. */
  readonly historyLimit?: number;
};

/** The sandbox's API server: storage and rules, for its own controllers in process and for clients by `transport`. */
export class SandboxApi implements ClusterBackend {
  readonly clock: Clock;
  readonly #store: Store;
  readonly #writer: Writer;
  readonly #resources = new Map<string, ServedResource>();
  readonly #rules = new Map<string, KindRules[]>();
  readonly #listeners = new Set<(event: ClusterEvent) => void>();
  #undelivered: Change[] = [];

  constructor({
    clock,
    resources = ALL_RESOURCES,
    random = seededRandom(1),
    historyLimit = 10_000,
  }: SandboxApiOptions) {
    this.clock = clock;
    this.#store = new Store({ historyLimit });
    for (const resource of resources) this.#resources.set(kindKeyOf(resource), resource);
    this.#writer = new Writer({
      store: this.#store,
      clock,
      random,
      namespaces: this.#resourceOf({ apiVersion: 'v1', kind: 'Namespace' }),
      rules: (kindKey) => this.#rules.get(kindKey) ?? [],
    });
    this.#store.listen((change) => this.#enqueue(change));
    for (const name of ['default', 'kube-system']) {
      this.write({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, { manager: 'kube-apiserver' });
    }
  }

  /** Serves one more kind, as a CustomResourceDefinition would. */
  register(resource: Resource, options: { readonly status?: boolean } = {}): void {
    this.#resources.set(kindKeyOf(resource), customResource(resource, options));
  }

  readonly read = (ref: ObjectRef): KubeObject | undefined => {
    const resource = this.#resources.get(kindKeyOf({ ...groupVersionOf(ref.apiVersion), kind: ref.kind }));
    return resource === undefined ? undefined : this.#store.get(resource, ref);
  };

  /** Objects of a kind that is not served are none. */
  readonly list: ClusterBackend['list'] = ({ apiVersion, kind }, { namespace, labels = {} } = {}) => {
    const resource = this.#resources.get(kindKeyOf({ ...groupVersionOf(apiVersion), kind }));
    if (resource === undefined) return [];
    const wanted = Object.entries(labels);
    const all = this.#store.list(resource, namespace);
    if (wanted.length === 0) return all;
    return all.filter(({ metadata }) => wanted.every(([key, value]) => metadata.labels?.[key] === value));
  };

  readonly write: ClusterBackend['write'] = (object, { manager }) => {
    const resource = this.#resourceOf(object);
    const input = parseObject(frozenCopy(object));
    const options = { user: manager, own: () => [] };
    const existing = this.#store.get(resource, object.metadata);
    return existing === undefined
      ? this.#writer.create(resource, input, options)
      : this.#writer.update(resource, existing, { ...options, input });
  };

  readonly writeStatus: ClusterBackend['writeStatus'] = (ref, status, { manager }) => {
    const resource = this.#resourceOf(ref);
    const existing = this.#store.get(resource, ref);
    if (existing === undefined) throw notFound({ ...resource, name: ref.name });
    const input = withField(existing, 'status', frozenCopy(status));
    return this.#writer.update(resource, existing, { user: manager, own: () => [], subresource: 'status', input });
  };

  /**
   * Deletes as a DELETE request without a body would: dependents follow in the background, and a pod that is bound to
   * a node is only marked, until it is removed again with `gracePeriodSeconds: 0`, as a kubelet does.
   */
  readonly remove = (ref: ObjectRef, options: RemoveOptions = {}): boolean => {
    const resource = this.#resourceOf(ref);
    const existing = this.#store.get(resource, ref);
    if (existing === undefined) return false;
    this.#writer.remove(resource, existing, options);
    return true;
  };

  readonly subscribe = (listener: (event: ClusterEvent) => void): Cancel => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  #resourceOf({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): ServedResource {
    const resource = this.#resources.get(kindKeyOf({ ...groupVersionOf(apiVersion), kind }));
    if (resource === undefined) throw noSuchResource();
    return resource;
  }

  /** Listeners hear of a change when the code that made it has come to its end or waits. */
  #enqueue(change: Change): void {
    if (this.#undelivered.push(change) === 1) queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    const changes = this.#undelivered;
    this.#undelivered = [];
    for (const { type, object } of changes) for (const listener of [...this.#listeners]) listener({ type, object });
  }
}
