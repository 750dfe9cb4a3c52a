import { CANARY_UID_LABEL } from '../api/names.ts';
import type { KubeClient } from '../kube/client.ts';
import { Reflector, type ReflectorHealth, type Unreadable } from '../kube/reflector.ts';
import { kindWord } from '../kube/resources.ts';
import type { Clock } from '../lib/clock.ts';
import { sameJson } from '../lib/json.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
import { keyOf, refOf } from '../lib/kube-object.ts';
import type { Random } from '../lib/random.ts';
import { canaryMeant, claimsOf, LISTED_KINDS } from './dependencies.ts';
import { OwnWrites, type Shown } from './own-writes.ts';
import { type Kind, WATCHED, type Watched, type Wish, wishOf } from './watched-kinds.ts';

const INDEXES = {
  owner: (object: KubeObject) => (object.metadata.ownerReferences ?? []).map((owner) => owner.uid),
  service: (object: KubeObject) => {
    const service = object.metadata.labels?.['kubernetes.io/service-name'];
    return service === undefined ? [] : [`${object.metadata.namespace}/${service}`];
  },
  namespace: (object: KubeObject) => (LISTED_KINDS.has(kindWord(object)) ? [object.metadata.namespace ?? ''] : []),
  canaryUid: (object: KubeObject) => {
    const uid = object.metadata.labels?.[CANARY_UID_LABEL];
    return uid === undefined ? [] : [uid];
  },
  claim: (object: KubeObject) => (object.kind === 'Canary' ? claimsOf(object) : []),
  /** CanaryActions by the key of the Canary that they mean. */
  canary: (object: KubeObject) => [canaryMeant(object) ?? []].flat(),
} as const;
type Index = keyof typeof INDEXES;

/** Keeps what observation reads: of `managedFields`, which are large, no more than is asked for. */
const projection =
  (kept: Watched['keepManagers']) =>
  (object: KubeObject): KubeObject => {
    if (kept === true) return object;
    const { managedFields = [], ...metadata } = object.metadata;
    const ofStatus = kept === 'status' ? managedFields.filter(({ subresource }) => subresource === 'status') : [];
    return { ...object, metadata: ofStatus.length === 0 ? metadata : { ...metadata, managedFields: ofStatus } };
  };

/** Nothing has changed but the status, and what the server writes with every change. */
const isQuiet = (before: KubeObject, after: KubeObject): boolean => {
  const traits = ({ metadata, spec }: KubeObject): unknown => [
    spec,
    metadata.uid,
    metadata.labels,
    metadata.annotations,
    metadata.deletionTimestamp,
  ];
  return sameJson(traits(before), traits(after));
};

/** Kinds whose content is never kept: configs, and run records. */
const METADATA_ONLY: ReadonlySet<string> = new Set(
  WATCHED.filter((watched: Watched) => watched.metadataOnly).map(({ resource }) => kindWord(resource)),
);

/**
 * Everything that the controller knows of the cluster: one reflector per kind, and on top what Serin itself has just
 * written. Reading never touches the network.
 */
export class Caches {
  readonly #reflectors = new Map<string, Reflector<KubeObject, Index>>();
  /** Wishes whose kinds are watched, and whether the server has answered for all of them. */
  readonly #wishes = new Map<string, 'filling' | 'filled'>();
  readonly #onFilled: () => void;
  readonly #own = new OwnWrites();
  readonly #namespace: string | undefined;

  constructor(options: {
    readonly client: KubeClient;
    readonly clock: Clock;
    readonly random: Random;
    readonly namespace?: string | undefined;
    readonly onChange: (object: KubeObject) => void;
    readonly onError: (watched: Watched, error: unknown) => void;
    /** A kind cannot be read, or can be read again. */
    readonly onReadable: (watched: Watched, unreadable: Unreadable | undefined) => void;
    /** Kinds that a Canary has wished for are known. */
    readonly onFilled: () => void;
  }) {
    const { client, clock, random, namespace } = options;
    this.#onFilled = options.onFilled;
    this.#namespace = namespace;
    const kinds: readonly Watched[] = WATCHED;
    for (const watched of kinds) {
      const { resource, metadataOnly, keepManagers } = watched;
      const reflector = new Reflector<KubeObject, Index>({
        client,
        clock,
        random,
        resource,
        project: projection(keepManagers),
        indexes: INDEXES,
        metadataOnly: metadataOnly ?? false,
        onError: (error) => options.onError(watched, error),
        onReadable: (unreadable) => options.onReadable(watched, unreadable),
        ...(namespace === undefined || !resource.namespaced ? {} : { namespace }),
      });
      reflector.store.onChange(({ before, after }) => {
        const object = after ?? before;
        if (object === undefined) return;
        this.#own.seen({ deleted: after === undefined, object });
        if (watched.quietStatus === true && before !== undefined && after !== undefined && isQuiet(before, after))
          return;
        options.onChange(object);
      });
      this.#reflectors.set(kindWord(resource), reflector);
    }
  }

  /** Begins to watch everything but the kinds that are watched when a Canary wishes for them. */
  start(): void {
    for (const reflector of this.#watching()) reflector.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#watching().map((reflector) => reflector.stop()));
  }

  /** True when the kinds of all wishes are known. They are watched from the first call on; `onFilled` tells when. */
  want(...wishes: readonly Wish[]): boolean {
    return wishes.map((wish) => this.#wanted(wish)).every(Boolean);
  }

  #wanted(wish: Wish): boolean {
    const state = this.#wishes.get(wish);
    if (state !== undefined) return state === 'filled';
    const wanted = WATCHED.flatMap((watched: Watched) => {
      const reflector = wishOf(watched) === wish ? this.#reflectors.get(kindWord(watched.resource)) : undefined;
      return reflector ?? [];
    });
    this.#wishes.set(wish, wanted.length === 0 ? 'filled' : 'filling');
    if (wanted.length === 0) return true;
    for (const reflector of wanted) reflector.start();
    void Promise.all(wanted.map((reflector) => reflector.whenAnswered())).then(() => {
      this.#wishes.set(wish, 'filled');
      this.#onFilled();
    });
    return false;
  }

  /** Reflectors that have been started, or are with everything else. */
  #watching(): readonly Reflector<KubeObject, Index>[] {
    return WATCHED.flatMap((watched: Watched) => {
      const wish = wishOf(watched);
      const isWatched = wish === undefined || this.#wishes.has(wish);
      return isWatched ? (this.#reflectors.get(kindWord(watched.resource)) ?? []) : [];
    });
  }

  /** Resolves when the server has answered for every kind, and everything is known of those that all Canaries need. */
  async whenFilled(): Promise<void> {
    await Promise.all(
      WATCHED.map((watched: Watched) => {
        if (wishOf(watched) !== undefined) return undefined;
        const { resource, need } = watched;
        const reflector = this.#reflectors.get(kindWord(resource));
        return need === 'all' ? reflector?.whenSynced() : reflector?.whenAnswered();
      }),
    );
  }

  /** Reads everything anew; resolves when the server has answered for every kind. */
  async refresh(): Promise<void> {
    await Promise.all(this.#watching().map((reflector) => reflector.refresh()));
  }

  /** Why a kind, by its word, cannot be read; undefined when it can. */
  unreadable(kind: string): Unreadable | undefined {
    return this.#reflectors.get(kind)?.unreadable;
  }

  /** False for what is not shown even if it is there: a kind that cannot be read, or one of another namespace. */
  readonly sees = (ref: ObjectRef): boolean =>
    this.unreadable(kindWord(ref)) === undefined &&
    (this.#namespace === undefined || ref.namespace === undefined || ref.namespace === this.#namespace);

  health(): readonly ReflectorHealth[] {
    return this.#watching().map((reflector) => reflector.health());
  }

  /** An arrow, so that it can be passed on as `Objects.get`. */
  readonly get = (ref: ObjectRef): KubeObject | undefined => this.#own.newest(ref, this.#shown(ref));

  list(kind: Kind): readonly KubeObject[] {
    return this.#reflectors.get(kind)?.store.list() ?? [];
  }

  /** All of a namespace, of the kinds that are filed by it. An arrow, so that it can be passed on as `Objects.list`. */
  readonly listIn = (of: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string;
  }): readonly KubeObject[] => {
    const kind = kindWord(of);
    if (!LISTED_KINDS.has(kind)) throw new RangeError(`Cannot list ${kind}: it is not filed by namespace`);
    return this.byIndex(kind, { index: 'namespace', value: of.namespace });
  };

  byIndex(kind: string, at: { readonly index: Index; readonly value: string }): readonly KubeObject[] {
    return this.#reflectors.get(kind)?.store.byIndex(at.index, at.value) ?? [];
  }

  /** Notes what was just written, so that the next observation sees it before the watch does. */
  wrote(object: KubeObject): void {
    const { apiVersion, kind, metadata } = object;
    const kept = METADATA_ONLY.has(kindWord(object)) ? { apiVersion, kind, metadata } : object;
    this.#own.wrote(kept, this.#shown(refOf(object)));
  }

  removed(ref: ObjectRef, uid: string): void {
    this.#own.removed(ref, { uid, shown: this.#shown(ref).object });
  }

  #shown(ref: ObjectRef): Shown {
    const reflector = this.#reflectors.get(kindWord(ref));
    return { object: reflector?.store.get(keyOf(ref)), upTo: reflector?.shownUpTo };
  }
}
