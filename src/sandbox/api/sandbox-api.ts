import type { KubeRequest, KubeResponse } from '../../kube/transport.ts';
import type { Cancel, Clock } from '../../lib/clock.ts';
import type { KubeObject, ObjectRef, Resource } from '../../lib/kube-object.ts';
import { type Random, seededRandom } from '../../lib/random.ts';
import type { ClusterBackend, ClusterEvent } from '../backend.ts';
import type { Admission, KindRules } from './admission.ts';
import { Audit } from './audit.ts';
import { FLAGGER_RESOURCES } from './flagger-resources.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { frozenCopy } from './json-copy.ts';
import { kindRules } from './kind-rules.ts';
import { parseObject, withField, withMetadata } from './kube-json.ts';
import { timestamp } from './metadata.ts';
import { startNamespaceController } from './namespaces.ts';
import { ownedByUpdate } from './ownership.ts';
import { PLANE_RESOURCES } from './plane-resources.ts';
import { Registry } from './registry.ts';
import { type Caller, RequestHandler } from './request-handler.ts';
import {
  customResource,
  GATEWAY_RESOURCES,
  KEDA_RESOURCES,
  KUBERNETES_RESOURCES,
  kindKeyOf,
  type ServedResource,
} from './resources.ts';
import { SERIN_RESOURCES, SERIN_RULES } from './serin-resources.ts';
import { noSuchResource, notFound } from './status.ts';
import { type Change, Store } from './store.ts';
import type { Watch } from './watch.ts';
import { type RemoveOptions, type WriteOptions, Writer } from './writer.ts';

export type SandboxApiOptions = {
  readonly clock: Clock;
  /** Kinds that are served from the start; everything that Serin knows when absent. Must have Namespace. */
  readonly resources?: readonly ServedResource[];
  /** For generated names. Repeats by default. */
  readonly random?: Random;
  /** How many changes a watch may lag behind before it gets 410. */
  readonly historyLimit?: number;
  readonly bookmarkEveryMs?: number;
  /** Holds our own kinds against their schemas and rules, as their CRDs do; otherwise takes what comes. @default true */
  readonly admitsSerin?: boolean;
};

/** Everything that is served unless a test says otherwise. */
export const ALL_RESOURCES: readonly ServedResource[] = [
  ...KUBERNETES_RESOURCES,
  ...GATEWAY_RESOURCES,
  ...PLANE_RESOURCES,
  ...KEDA_RESOURCES,
  ...FLAGGER_RESOURCES,
  ...SERIN_RESOURCES,
];

const withoutSchema = ({ schema: _, ...resource }: ServedResource): ServedResource => resource;

/**
 * The sandbox's API server: storage and rules, for its own controllers as a ClusterBackend, for clients by
 * `inProcessTransport` and `serveHttp`.
 */
export class SandboxApi implements ClusterBackend {
  readonly clock: Clock;
  /** Counts the requests of clients; the sandbox's own controllers are not among them. */
  readonly audit = new Audit();
  readonly #store: Store;
  readonly #writer: Writer;
  readonly #registry: Registry;
  readonly #handler: RequestHandler;
  readonly #hooks = new Map<string, KindRules[]>();
  readonly #listeners = new Set<(event: ClusterEvent) => void>();
  readonly #stops: readonly Cancel[];
  #undelivered: Change[] = [];

  constructor(options: SandboxApiOptions) {
    const { clock, random = seededRandom(1), historyLimit = 10_000, admitsSerin = true } = options;
    const { resources = admitsSerin ? ALL_RESOURCES : ALL_RESOURCES.map(withoutSchema) } = options;
    this.clock = clock;
    const [store, registry] = [new Store({ historyLimit }), new Registry(resources)];
    const namespaces = registry.ofKind({ apiVersion: 'v1', kind: 'Namespace' });
    if (namespaces === undefined) throw new TypeError('Cannot serve without Namespace: it is not among the resources');
    const builtIn = {
      ...(admitsSerin ? SERIN_RULES : {}),
      ...kindRules((kind) => this.list(kind)),
    };
    const rules = (kindKey: string): readonly KindRules[] => [
      ...(builtIn[kindKey] === undefined ? [] : [builtIn[kindKey]]),
      ...(this.#hooks.get(kindKey) ?? []),
    ];
    const writer = new Writer({ store, clock, random, namespaces, rules });
    const shared = { store, writer, registry, clock };
    this.#store = store;
    this.#registry = registry;
    this.#writer = writer;
    this.#handler = new RequestHandler({
      ...shared,
      audit: this.audit,
      bookmarkEveryMs: options.bookmarkEveryMs ?? 60_000,
    });
    store.listen((change) => this.#enqueue(change));
    this.#stops = [startGarbageCollector(shared), startNamespaceController({ ...shared, namespaces })];
    for (const name of ['default', 'kube-system']) {
      this.write({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, { manager: 'kube-apiserver' });
    }
  }

  /** Serves one more kind, as a CustomResourceDefinition would. */
  register(resource: Resource, options: { readonly status?: boolean } = {}): void {
    this.#registry.add(customResource(resource, options));
  }

  /** Adds defaults and validation to a kind, after those that it has. */
  admit(kind: Pick<Resource, 'group' | 'kind'>, admit: Admission): void {
    const key = kindKeyOf(kind);
    this.#hooks.set(key, [...(this.#hooks.get(key) ?? []), { admit }]);
  }

  /** Answers one request of a client. Refusals are thrown as ApiError. */
  handle(request: KubeRequest, caller: Caller): KubeResponse {
    return this.#handler.handle(request, caller);
  }

  /** Opens a watch for a client. Refusals are thrown as ApiError. */
  watch(request: KubeRequest, caller: Caller): Watch {
    return this.#handler.watch(request, caller);
  }

  /** Forgets the history: every list token and watch position from before now gets 410. */
  compact(): void {
    this.#store.compact();
  }

  /** Stops the garbage collector and the namespace controller. */
  close(): void {
    for (const stop of this.#stops) stop();
  }

  readonly read = (ref: ObjectRef): KubeObject | undefined => {
    const resource = this.#registry.ofKind(ref);
    return resource === undefined ? undefined : this.#store.get(resource, ref);
  };

  /** Objects of a kind that is not served are none. */
  readonly list: ClusterBackend['list'] = (kind, { namespace, labels = {} } = {}) => {
    const resource = this.#registry.ofKind(kind);
    if (resource === undefined) return [];
    const wanted = Object.entries(labels);
    const all = this.#store.list(resource, namespace);
    if (wanted.length === 0) return all;
    return all.filter(({ metadata }) => wanted.every(([key, value]) => metadata.labels?.[key] === value));
  };

  readonly write: ClusterBackend['write'] = (object, { manager }) => {
    const resource = this.#served(object);
    const input = parseObject(frozenCopy(object));
    const existing = this.#store.get(resource, object.metadata);
    const options = this.#writingAs(manager, { resource, existing });
    return existing === undefined
      ? this.#writer.create(resource, input, options)
      : this.#writer.update(resource, existing, { ...options, input });
  };

  readonly writeStatus: ClusterBackend['writeStatus'] = (ref, status, { manager, annotations = {} }) => {
    const resource = this.#served(ref);
    if (!resource.status) throw noSuchResource();
    const existing = this.#store.get(resource, ref);
    if (existing === undefined) throw notFound({ ...resource, name: ref.name });
    const all = { ...existing.metadata.annotations, ...annotations };
    const annotated = withMetadata(existing, { annotations: Object.keys(all).length === 0 ? undefined : all });
    const input = withField(annotated, 'status', frozenCopy(status));
    const options = this.#writingAs(manager, { resource, existing, subresource: 'status' });
    return this.#writer.update(resource, existing, { ...options, input });
  };

  readonly remove = (ref: ObjectRef, options: RemoveOptions = {}): boolean => {
    const resource = this.#served(ref);
    const existing = this.#store.get(resource, ref);
    if (existing === undefined) return false;
    this.#writer.remove(resource, existing, options);
    return true;
  };

  readonly subscribe = (listener: (event: ClusterEvent) => void): Cancel => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  #served(kind: { readonly apiVersion: string; readonly kind: string }): ServedResource {
    const resource = this.#registry.ofKind(kind);
    if (resource === undefined) throw noSuchResource();
    return resource;
  }

  #writingAs(
    name: string,
    what: { resource: ServedResource; existing: KubeObject | undefined; subresource?: 'status' },
  ): WriteOptions {
    const { resource, existing, subresource } = what;
    const manager = { name, operation: 'Update', subresource } as const;
    const tracking = { resource, manager, time: timestamp(this.clock.now()) };
    return { user: name, subresource, own: (admitted) => ownedByUpdate(existing, admitted, tracking) };
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
