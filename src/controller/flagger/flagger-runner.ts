import { shadowOf } from '../../flagger/shadow.ts';
import { type Watcher, watcherOf } from '../../flagger/watchers.ts';
import type { KubeClient } from '../../kube/client.ts';
import { WorkQueue } from '../../kube/queue.ts';
import { Reflector, type Unreadable } from '../../kube/reflector.ts';
import { kindWord, RESOURCES } from '../../kube/resources.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { keyOf, refOf } from '../../lib/kube-object.ts';
import { messageOf } from '../../lib/message-of.ts';
import type { Random } from '../../lib/random.ts';
import type { FlaggerDeps } from './flagger-deps.ts';
import { reconcileFlagger } from './reconcile-flagger.ts';

const SHADOW = kindWord(RESOURCES.canary);

/**
 * Runs the flagger.app Canaries of the namespaces that let it, each through a shadow that the controller runs like any
 * Canary.
 */
export class FlaggerRunner {
  readonly #deps: FlaggerDeps;
  readonly #originals: Reflector<KubeObject, 'namespace'>;
  readonly #queue: WorkQueue;
  /** Flaggers by the key of their Deployment. */
  readonly #watchers = new Map<string, Watcher>();

  constructor(
    options: Omit<FlaggerDeps, 'original' | 'seesOriginals' | 'watchers'> & {
      readonly random: Random;
      /** Reads the kinds of Flagger's. */
      readonly reader: KubeClient;
      readonly workers: number;
    },
  ) {
    const { random, reader, workers, ...deps } = options;
    const { clock, log } = deps;
    this.#originals = new Reflector({
      client: reader,
      clock,
      random,
      resource: RESOURCES.flaggerCanary,
      project: (object) => object,
      indexes: { namespace: ({ metadata }) => [metadata.namespace ?? ''] },
      onError: (error) => log.debug({ error: messageOf(error) }, 'watch of canaries.flagger.app failed'),
      onReadable: (unreadable) => this.#told(unreadable),
    });
    this.#originals.store.onChange(({ before, after }) => {
      const object = after ?? before;
      if (object !== undefined) this.#queue.add(keyOf(object.metadata));
    });
    this.#deps = {
      ...deps,
      original: (key) => this.#originals.store.get(key),
      seesOriginals: () => this.#originals.unreadable === undefined && this.#originals.health().synced,
      watchers: () => [...this.#watchers.values()],
    };
    this.#queue = new WorkQueue({
      clock,
      random,
      workers,
      work: (key) => this.#work(key),
      onError: (canary, error) =>
        log.warn({ canary, error: messageOf(error) }, 'reconcile of a flagger.app Canary failed'),
    });
  }

  /** Begins to watch. */
  start(): void {
    this.#originals.start();
  }

  /** Begins to act, or goes on. */
  lead(): void {
    this.lookAtAll();
    this.#queue.start();
  }

  /** Reads everything anew: another has acted meanwhile. */
  async refresh(): Promise<void> {
    await this.#originals.refresh();
  }

  /** Resolves when nothing of it acts any more. */
  async pause(): Promise<void> {
    await this.#queue.pause();
  }

  async stop(): Promise<void> {
    await this.#queue.stop();
    await this.#originals.stop();
  }

  /** What was in the way of some may be gone. */
  lookAtAll(): void {
    for (const { metadata } of this.#originals.store.list()) this.#queue.add(keyOf(metadata));
    for (const canary of this.#deps.caches.list('Canary')) {
      if (shadowOf(canary) !== undefined) this.#queue.add(keyOf(canary.metadata));
    }
  }

  /** Something in the caches has changed, or is gone. */
  changed(object: KubeObject): void {
    const { metadata } = object;
    if (kindWord(object) === SHADOW) this.#queue.add(keyOf(metadata));
    if (object.kind === 'Namespace') this.#lookAt(metadata.name);
    if (object.kind === 'Deployment') this.#noteWatcher(object);
  }

  async #work(key: string): Promise<void> {
    // Before the first list nothing may be taken for absent.
    await this.#originals.whenAnswered();
    await reconcileFlagger(key, this.#deps);
  }

  #noteWatcher(object: KubeObject): void {
    const key = keyOf(object.metadata);
    const current = this.#deps.caches.get(refOf(object));
    const watcher = current && watcherOf(current);
    if (watcher === undefined && !this.#watchers.delete(key)) return;
    if (watcher !== undefined) this.#watchers.set(key, watcher);
    this.lookAtAll();
  }

  #lookAt(namespace: string): void {
    for (const { metadata } of this.#originals.store.byIndex('namespace', namespace)) this.#queue.add(keyOf(metadata));
  }

  #told(unreadable: Unreadable | undefined): void {
    const { log } = this.#deps;
    if (unreadable === undefined) log.info({}, 'canaries.flagger.app can be read');
    else log.warn({ why: unreadable.words }, 'canaries.flagger.app cannot be read, so that none of Flagger’s is run');
  }
}
