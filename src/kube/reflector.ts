import { assertNever } from '../lib/assert-never.ts';
import type { Clock } from '../lib/clock.ts';
import { numberAt } from '../lib/json.ts';
import { type KubeObject, keyOf, type Resource } from '../lib/kube-object.ts';
import { messageOf } from '../lib/message-of.ts';
import type { Random } from '../lib/random.ts';
import { sleep } from '../lib/sleep.ts';
import { backOffMs } from './back-off.ts';
import type { KubeClient, WatchEvent } from './client.ts';
import { errorOfAnswer, isKubeError, type KubeCall, KubeError, type MissingRight } from './kube-error.ts';
import { pathOf } from './resources.ts';
import { createStore, type Indexes, type StoreReader, type StoreWriter } from './store.ts';
import { WatchLimit } from './watch-limit.ts';

export type ReflectorOptions<T, Index extends string> = {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly resource: Resource;
  /** What to keep of an object. Memory is what this returns, so return little. */
  readonly project: (object: KubeObject) => T;
  readonly indexes: Indexes<T, Index>;
  /** Without it, all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** `project` gets objects that have nothing but metadata: half the CPU of full ones. */
  readonly metadataOnly?: boolean;
  /** Hears every error once, also those of `project` and of the store's listeners. Nothing has to be done about it. */
  readonly onError?: (error: unknown) => void;
  /** The kind has ceased to be readable, for another reason than before, or (undefined) can be read again. */
  readonly onReadable?: (unreadable: Unreadable | undefined) => void;
};

/** Why a kind can't be read, though the server answers: nothing that waiting for the network would mend. */
export type Unreadable = {
  /** `absent`: the server does not serve this kind. `forbidden`: RBAC does not let us. */
  readonly why: 'absent' | 'forbidden';
  readonly words: string;
  /** What RBAC does not grant. */
  readonly right?: MissingRight;
};

/** How a reflector is doing: for readiness, metrics and people. */
export type ReflectorHealth = {
  readonly resource: string;
  readonly state: 'stopped' | 'listing' | 'watching' | Unreadable['why'];
  readonly synced: boolean;
  /** Why it is not watching now, in words. */
  readonly lastError?: string;
  /** Failures in a row. */
  readonly failures: number;
  readonly objects: number;
  /** Pages read, watches opened and changes received since the start. */
  readonly pages: number;
  readonly watches: number;
  readonly changes: number;
};

type Known<T> = { readonly version: number; readonly value: T };

/** Where the reflector stands. Every state can fail and be tried again. */
type State<T> =
  /** Nothing is known that a watch could start from: list from the first page. */
  | { readonly at: 'empty' }
  /** Some pages are read; the store still shows what it showed before. */
  | { readonly at: 'listing'; readonly found: Map<string, Known<T>>; readonly next: string }
  /** The store shows everything up to `version`: watch from there. */
  | { readonly at: 'watching'; readonly version: string; readonly relistAt: number }
  /** The server does not know the kind (its CRD is not installed), or does not let us read it: ask again now and then. */
  | { readonly at: Unreadable['why'] };

const PAGE = 500;
const BACK_OFF = { baseMs: 400, maxMs: 30_000 };
/** The server ends a watch after 5 to 10 minutes, so that many watches do not end together (as client-go). */
const WATCH_SECONDS = { least: 300, spread: 300 };
/** How much later we end it when the server has not. */
const GRACE_MS = 30_000;
/** The API server sends a bookmark about every minute: silence for much longer means a dead connection. */
const IDLE_MS = 150_000;
/** A watch that ends sooner than this without an event has failed, else a server could make us spin. */
const SHORTEST_WATCH_MS = 1_000;
/** Should a watch ever have missed an event: the next one that starts after so long lists everything again. */
const RELIST_MS = 30 * 60_000;
/** A CRD or a role may be on its way; after that it is asked for now and then. */
const UNREADABLE = { baseMs: 5_000, maxMs: 30_000 };

/**
 * Keeps a store equal to one resource of the API server: list, then watch, for ever. No error ends it; it waits with
 * jitter and goes on. An event that is older than what is known of its object is dropped, so that repeated and late
 * events never take the store back in time.
 */
export class Reflector<T, Index extends string = never> {
  readonly store: StoreReader<T, Index>;
  readonly #options: ReflectorOptions<T, Index>;
  readonly #writer: StoreWriter<T>;
  /** resourceVersions by key, of deleted objects too until the next list. */
  #versions = new Map<string, number>();
  /** The version of the last list: what is not newer was in it, or was deleted before it. */
  #listed = Number.NaN;
  #state: State<T> = { at: 'empty' };
  #shownUpTo: string | undefined;
  #stop: AbortController | undefined;
  #ended: Promise<void> = Promise.resolve();
  #failures = 0;
  #lastError: string | undefined;
  #pages = 0;
  #watches = 0;
  #changes = 0;
  readonly #synced = Promise.withResolvers<void>();
  #unreadable: Unreadable | undefined;
  /** In a row. */
  #refusals = 0;
  /** Ends what is going on, to begin with a list. */
  #afresh = new AbortController();
  /** Wait for the next answer to a list, whatever it is. */
  readonly #waiters = new Set<() => void>();

  constructor(options: ReflectorOptions<T, Index>) {
    this.#options = options;
    const onListenerError = (error: unknown): void => options.onError?.(error);
    const { reader, writer } = createStore<T, Index>({ indexes: options.indexes, onListenerError });
    this.store = reader;
    this.#writer = writer;
  }

  start(): void {
    if (this.#stop !== undefined) return;
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.#ended = this.#ended.then(() => this.#run(signal));
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stop?.abort(new Error('the reflector was stopped'));
    this.#stop = undefined;
    await this.#ended;
  }

  /** Resolves when the store has been complete for the first time. */
  whenSynced(): Promise<void> {
    return this.#synced.promise;
  }

  /** Resolves when the server has answered a list for the first time: the store is complete, or the kind unreadable. */
  whenAnswered(): Promise<void> {
    if (this.store.synced() || this.#unreadable !== undefined) return Promise.resolve();
    return this.#nextAnswer();
  }

  /** Lists everything anew, now; resolves when the server has answered. Nothing is read when it is stopped. */
  refresh(): Promise<void> {
    if (this.#stop === undefined) return Promise.resolve();
    const answered = this.#nextAnswer();
    this.#state = { at: 'empty' };
    this.#afresh.abort();
    this.#afresh = new AbortController();
    return answered;
  }

  /** The store has shown everything up to this resourceVersion; undefined before the first list. */
  get shownUpTo(): string | undefined {
    return this.#shownUpTo;
  }

  /** Present from the refusal until a watch is open. */
  get unreadable(): Unreadable | undefined {
    return this.#unreadable;
  }

  health(): ReflectorHealth {
    const { at } = this.#state;
    return {
      resource: this.#options.resource.plural,
      state: this.#stop === undefined ? 'stopped' : at === 'empty' ? 'listing' : at,
      synced: this.store.synced(),
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
      failures: this.#failures,
      objects: this.store.size(),
      pages: this.#pages,
      watches: this.#watches,
      changes: this.#changes,
    };
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const step = AbortSignal.any([signal, this.#afresh.signal]);
      try {
        await this.#step(step);
      } catch (error) {
        if (!step.aborted) await sleep(this.#options.clock, this.#failed(error), step);
      }
    }
  }

  #step(signal: AbortSignal): Promise<void> {
    const state = this.#state;
    switch (state.at) {
      case 'empty':
      case 'absent':
      case 'forbidden':
        return this.#list(signal, new Map());
      case 'listing':
        return this.#list(signal, state.found, state.next);
      case 'watching':
        return this.#watch(signal, state);
      default:
        return assertNever(state);
    }
  }

  /** Notes a failure, chooses the state to go on from, and returns how long to wait. */
  #failed(error: unknown): number {
    const state = this.#state;
    this.#failures++;
    this.#lastError = messageOf(error);
    if (isKubeError(error, 'NotFound') && state.at !== 'watching') return this.#absent();
    this.#options.onError?.(error);
    if (error instanceof KubeError && error.right !== undefined) return this.#cannotRead('forbidden', error.right);
    if (isKubeError(error, 'NotFound') || isKubeError(error, 'Expired')) this.#state = { at: 'empty' };
    const asked = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
    return Math.max(asked, backOffMs(this.#failures, { ...BACK_OFF, random: this.#options.random }));
  }

  /** A single 404 may come from a server that is still starting, and does not empty a store that holds something. */
  #absent(): number {
    if (this.#state.at === 'absent' || this.store.size() === 0) this.#replace(new Map(), Number.NaN);
    this.#failures = 0;
    const wait = this.#cannotRead('absent');
    return this.store.size() === 0 ? wait : UNREADABLE.maxMs;
  }

  /** What the store holds stays: it is the last that was known. */
  #cannotRead(why: Unreadable['why'], right?: MissingRight): number {
    this.#state = { at: why };
    const before = this.#unreadable;
    this.#unreadable = { why, words: this.#lastError ?? '', ...(right === undefined ? {} : { right }) };
    if (before?.words !== this.#unreadable.words) this.#options.onReadable?.(this.#unreadable);
    this.#answered();
    return backOffMs(++this.#refusals, { ...UNREADABLE, random: this.#options.random });
  }

  #canRead(): void {
    if (this.#unreadable === undefined) return;
    this.#refusals = 0;
    this.#unreadable = undefined;
    this.#options.onReadable?.(undefined);
  }

  #nextAnswer(): Promise<void> {
    return new Promise((resolve) => this.#waiters.add(resolve));
  }

  #answered(): void {
    for (const resolve of this.#waiters) resolve();
    this.#waiters.clear();
  }

  async #list(signal: AbortSignal, found: Map<string, Known<T>>, next?: string): Promise<void> {
    const { client, clock, random, resource } = this.#options;
    const page = await client.list(resource, { ...this.#selection(), limit: PAGE, continue: next, signal });
    // It may have answered a moment before it was to begin afresh.
    signal.throwIfAborted();
    this.#pages++;
    for (const object of page.items) {
      const known = this.#know(object);
      if (known !== undefined) found.set(keyOf(object.metadata), known);
    }
    if (page.continue !== undefined) {
      this.#state = { at: 'listing', found, next: page.continue };
      return;
    }
    this.#replace(found, orderOf(page.resourceVersion));
    const relistAt = clock.monotonic() + RELIST_MS * (1 + random() / 4);
    this.#shownUpTo = page.resourceVersion;
    this.#state = { at: 'watching', version: page.resourceVersion, relistAt };
    this.#answered();
  }

  async #watch(signal: AbortSignal, from: Extract<State<T>, { at: 'watching' }>): Promise<void> {
    const { client, clock, random, resource } = this.#options;
    const opened = clock.monotonic();
    if (opened >= from.relistAt) {
      this.#state = { at: 'empty' };
      return;
    }
    const timeoutSeconds = WATCH_SECONDS.least + Math.floor(random() * WATCH_SECONDS.spread);
    const limit = new WatchLimit(clock, { idleMs: IDLE_MS, longestMs: timeoutSeconds * 1000 + GRACE_MS });
    let events = 0;
    try {
      const watch = await client.watch(resource, {
        ...this.#selection(),
        resourceVersion: from.version,
        timeoutSeconds,
        signal: AbortSignal.any([signal, limit.signal]),
      });
      this.#watches++;
      signal.throwIfAborted();
      this.#lastError = undefined;
      this.#canRead();
      for await (const event of watch) {
        if (signal.aborted) return;
        limit.heard();
        const version = this.#take(event);
        if (version !== undefined) {
          this.#state = { ...from, version };
          this.#shownUpTo = version;
        }
        this.#failures = 0;
        events++;
      }
    } finally {
      limit.end();
    }
    if (signal.aborted) return;
    if (events === 0 && clock.monotonic() - opened < SHORTEST_WATCH_MS) {
      throw new KubeError(this.#watchCall(), 'the server ended the watch at once', { kind: 'Unreachable' });
    }
    this.#failures = 0;
  }

  /** Brings one event into the store; returns the resourceVersion to go on from. */
  #take(event: WatchEvent): string | undefined {
    if (event.type === 'ERROR') {
      const status = numberAt(event.status, 'code') ?? 500;
      throw errorOfAnswer(this.#watchCall(), { status, headers: {}, body: event.status });
    }
    const { object } = event;
    const version = object.metadata.resourceVersion;
    if (event.type === 'BOOKMARK') return version;
    this.#changes++;
    const key = keyOf(object.metadata);
    const order = orderOf(version);
    const deleted = event.type === 'DELETED';
    const seen = this.#versions.get(key) ?? Number.NaN;
    // Not every server gives a deletion a version of its own: one that is as old as its object counts.
    if (deleted ? order < seen : order <= seen || order <= this.#listed) return version;
    const known = deleted ? undefined : this.#know(object);
    this.#versions.set(key, order);
    if (known === undefined) this.#writer.remove(key);
    else this.#writer.set(key, known.value);
    return version;
  }

  /** Undefined, and reported, when `project` throws: one odd object must not blind us to the others. */
  #know(object: KubeObject): Known<T> | undefined {
    const version = orderOf(object.metadata.resourceVersion);
    const key = keyOf(object.metadata);
    const value = this.store.get(key);
    if (value !== undefined && version === this.#versions.get(key)) return { version, value };
    try {
      return { version, value: this.#options.project(object) };
    } catch (cause) {
      this.#options.onError?.(new Error(`Cannot read ${object.kind} ${key}`, { cause }));
      return undefined;
    }
  }

  #replace(found: ReadonlyMap<string, Known<T>>, listed: number): void {
    this.#listed = listed;
    this.#versions = new Map([...found].map(([key, { version }]) => [key, version]));
    this.#writer.replace(new Map([...found].map(([key, { value }]) => [key, value])));
    this.#synced.resolve();
  }

  #selection() {
    const { namespace, labelSelector, metadataOnly } = this.#options;
    return { namespace, labelSelector, metadataOnly };
  }

  #watchCall(): KubeCall {
    const { resource, namespace } = this.#options;
    return { verb: 'watch', resource, namespace, path: pathOf(resource, { namespace }) };
  }
}

/**
 * resourceVersions are comparable decimal integers (KEP-5504). One that is not is NaN, which compares with nothing: then
 * every event counts.
 */
const orderOf = (resourceVersion: string | undefined): number => {
  const order = Number(resourceVersion);
  return Number.isSafeInteger(order) ? order : Number.NaN;
};
