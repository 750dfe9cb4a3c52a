import type { KubeClient } from '#src/kube/client.ts';
import { createKubeClient } from '#src/kube/create-client.ts';
import { createHttpTransport } from '#src/kube/http-transport.ts';
import { loadKubeConfig } from '#src/kube/load-kube-config.ts';
import { Reflector } from '#src/kube/reflector.ts';
import { apiVersionOf, pathOf } from '#src/kube/resources.ts';
import type { Transport } from '#src/kube/transport.ts';
import { type Cancel, systemClock } from '#src/lib/clock.ts';
import { stringAt } from '#src/lib/json.ts';
import { type KubeObject, keyOf, type ObjectRef, type Resource, refOf } from '#src/lib/kube-object.ts';
import { sleep } from '#src/lib/sleep.ts';
import type { ClusterBackend, ClusterEvent } from '#src/sandbox/backend.ts';
import { hasLabels } from '#src/sandbox/workloads/label-selector.ts';
import { kubeconfigOf, type Rig, type User } from '../rig/rig.ts';

type Kind = Pick<ObjectRef, 'apiVersion' | 'kind'>;
type Fields = { readonly finalizers?: readonly string[] | undefined; readonly status?: unknown };
type Written = { readonly path: string; readonly body: readonly unknown[]; readonly manager: string };
/** What was written, and the version from which on a watch shows it: not known while it is under way. */
type Ahead = { readonly fields: Fields; readonly shownFrom: number };

const ATTEMPTS = 5;
const RETRY_MS = 300;

/**
 * A real cluster as the control planes of the sandbox see theirs: what is read is what a watch has shown, what is written
 * is sent behind the caller's back, and shows at once. Only finalizers and statuses are written.
 */
export class ApiBackend implements ClusterBackend {
  readonly clock = systemClock;
  readonly #transport: Transport;
  readonly #reflectors: readonly { readonly resource: Resource; readonly reflector: Reflector<KubeObject> }[];
  readonly #listeners = new Set<(event: ClusterEvent) => void>();
  /** What no watch has shown yet, by kind and key. */
  readonly #ahead = new Map<string, Ahead>();
  readonly #writes = new Map<string, Promise<void>>();
  readonly #onError: (error: unknown) => void;

  private constructor(
    { transport, client }: { readonly transport: Transport; readonly client: KubeClient },
    { resources, onError }: { readonly resources: readonly Resource[]; readonly onError: (error: unknown) => void },
  ) {
    this.#transport = transport;
    this.#onError = onError;
    this.#reflectors = resources.map((resource) => {
      const options = { client, clock: this.clock, random: Math.random, resource, indexes: {}, onError };
      const reflector = new Reflector<KubeObject>({ ...options, project: (object) => object });
      reflector.store.onChange(({ before, after }) => {
        const object = after ?? before;
        if (object === undefined) return;
        this.#shown(refOf(object), after === undefined ? Number.POSITIVE_INFINITY : versionOf(after));
        const type = after === undefined ? 'DELETED' : before === undefined ? 'ADDED' : 'MODIFIED';
        for (const listener of this.#listeners) listener({ type, object });
      });
      return { resource, reflector };
    });
  }

  /** As one of the rig's users. Resolves when everything of these kinds has been read and told to nobody yet. */
  static async open(
    rig: Rig,
    {
      user,
      ...options
    }: { readonly user: User; readonly resources: readonly Resource[]; readonly onError: (error: unknown) => void },
  ): Promise<ApiBackend> {
    const auth = await loadKubeConfig({ from: 'file', path: kubeconfigOf(rig, user) });
    const transport = createHttpTransport({ auth, clock: systemClock });
    const client = createKubeClient({ transport, clock: systemClock, random: Math.random });
    const backend = new ApiBackend({ transport, client }, options);
    for (const { reflector } of backend.#reflectors) reflector.start();
    await Promise.all(backend.#reflectors.map(({ reflector }) => reflector.whenSynced()));
    return backend;
  }

  readonly read = (ref: ObjectRef): KubeObject | undefined => {
    const shown = this.#of(ref).reflector.store.get(keyOf(ref));
    const ahead = this.#ahead.get(nameOf(ref));
    return shown === undefined || ahead === undefined ? shown : withFields(shown, ahead.fields);
  };

  readonly list: ClusterBackend['list'] = (kind, { namespace, labels = {} } = {}) =>
    this.#of(kind)
      .reflector.store.list()
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
      .filter(({ metadata }) => hasLabels(metadata.labels ?? {}, labels));

  readonly write: ClusterBackend['write'] = (object, { manager }) =>
    this.#patch(object, { fields: { finalizers: object.metadata.finalizers, status: object['status'] }, manager });

  readonly writeStatus: ClusterBackend['writeStatus'] = (ref, status, { manager }) => {
    const found = this.read(ref);
    if (found === undefined) throw new RangeError(`Cannot write the status of ${nameOf(ref)}: it is gone`);
    return this.#patch(found, { fields: { status }, subresource: 'status', manager });
  };

  readonly remove: ClusterBackend['remove'] = (ref) => {
    throw new RangeError(`Cannot delete ${nameOf(ref)}: no control plane does that`);
  };

  readonly subscribe: ClusterBackend['subscribe'] = (listener): Cancel => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Every object of these kinds, as if it had just come. */
  replay(listener: (event: ClusterEvent) => void): void {
    for (const { reflector } of this.#reflectors) {
      for (const object of reflector.store.list()) listener({ type: 'ADDED', object });
    }
  }

  /** Resolves when everything that was written has been answered. */
  async stop(): Promise<void> {
    await Promise.all(this.#writes.values());
    await Promise.all(this.#reflectors.map(({ reflector }) => reflector.stop()));
    await this.#transport.close();
  }

  #of(kind: Kind) {
    const found = this.#reflectors.find(
      ({ resource }) => resource.kind === kind.kind && apiVersionOf(resource) === kind.apiVersion,
    );
    if (found === undefined) throw new RangeError(`Cannot read ${kind.kind} of ${kind.apiVersion}: it is not watched`);
    return found;
  }

  #patch(
    object: KubeObject,
    {
      fields,
      subresource,
      manager,
    }: { readonly fields: Fields; readonly subresource?: 'status'; readonly manager: string },
  ): KubeObject {
    const ref = refOf(object);
    const values = { '/metadata/finalizers': fields.finalizers, '/status': fields.status };
    const body = Object.entries(values)
      .filter(([, value]) => value !== undefined)
      // A merge would keep what a status no longer says.
      .map(([path, value]) => ({ op: 'add', path, value }));
    const path = pathOf(this.#of(ref).resource, { ...ref, subresource });
    const ahead = {
      fields: { ...this.#ahead.get(nameOf(ref))?.fields, ...fields },
      shownFrom: Number.POSITIVE_INFINITY,
    };
    this.#ahead.set(nameOf(ref), ahead);
    const before = this.#writes.get(nameOf(ref)) ?? Promise.resolve();
    const sent = before
      .then(() => this.#send(ref, { path, body, manager }))
      .catch(this.#onError)
      .then((version) => this.#answered(ref, { ahead, version: version ?? 0 }));
    this.#writes.set(nameOf(ref), sent);
    void sent.then(() => {
      if (this.#writes.get(nameOf(ref)) === sent) this.#writes.delete(nameOf(ref));
    });
    return withFields(object, fields);
  }

  /** Resolves with the version that was written; 0 when nothing was. */
  async #send(ref: ObjectRef, { path, body, manager }: Written): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const query = { fieldManager: manager };
      const asked = { method: 'PATCH', path, query, contentType: 'application/json-patch+json', body } as const;
      const answer = await this.#transport.request(asked).catch((error: unknown) => {
        if (attempt === ATTEMPTS) throw error;
      });
      if (answer !== undefined && answer.status < 500 && answer.status !== 429) {
        if (answer.status < 300) return Number(stringAt(answer.body, 'metadata', 'resourceVersion') ?? 0);
        // What is gone needs no status.
        if (answer.status === 404) return 0;
        throw new Error(`Cannot write ${nameOf(ref)}: ${JSON.stringify(answer.body)}`);
      }
      await sleep(this.clock, RETRY_MS * attempt);
    }
  }

  #answered(ref: ObjectRef, { ahead, version }: { readonly ahead: Ahead; readonly version: number }): void {
    // Something newer is under way.
    if (this.#ahead.get(nameOf(ref)) !== ahead) return;
    this.#ahead.set(nameOf(ref), { ...ahead, shownFrom: version });
    this.#shown(ref, versionOf(this.#of(ref).reflector.store.get(keyOf(ref))));
  }

  #shown(ref: ObjectRef, version: number): void {
    if (version >= (this.#ahead.get(nameOf(ref))?.shownFrom ?? 0)) this.#ahead.delete(nameOf(ref));
  }
}

const nameOf = (ref: ObjectRef): string => `${ref.kind} ${keyOf(ref)}`;

const versionOf = (object: KubeObject | undefined): number => Number(object?.metadata.resourceVersion ?? 0);

const withFields = (object: KubeObject, { finalizers, status }: Fields): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, ...(finalizers === undefined ? {} : { finalizers }) },
  ...(status === undefined ? {} : { status }),
});
