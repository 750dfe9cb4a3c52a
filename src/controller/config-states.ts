import type { KubeClient } from '../kube/client.ts';
import { isKubeError } from '../kube/kube-error.ts';
import { WorkQueue } from '../kube/queue.ts';
import { isUpTo } from '../kube/resource-version.ts';
import type { Clock } from '../lib/clock.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { keyOf } from '../lib/kube-object.ts';
import { messageOf } from '../lib/message-of.ts';
import type { Random } from '../lib/random.ts';
import { type ConfigState, configState, type Unreadable } from '../workload/config-tracking.ts';

type Known = { readonly resourceVersion: string | undefined; readonly state: ConfigState };

/** Contents that are fetched at once. */
const WORKERS = 8;

const keyFor = ({ kind, metadata }: KubeObject): string => `${kind} ${keyOf(metadata)}`;

/**
 * What is known of the contents of ConfigMaps and Secrets: their hashes. Caches hold their metadata only; the content is
 * fetched when it has changed, hashed, and dropped. One that can't be fetched is tried again.
 */
export class ConfigStates {
  readonly #known = new Map<string, Known>();
  /** Metadata of the versions that are being fetched. */
  readonly #wanted = new Map<string, KubeObject>();
  /** What the API server said when it refused the content last. */
  readonly #refused = new Map<string, string>();
  readonly #queue: WorkQueue;
  readonly #client: KubeClient;
  readonly #onKnown: (config: KubeObject) => void;

  constructor(options: {
    readonly client: KubeClient;
    readonly clock: Clock;
    readonly random: Random;
    /** Called when a content has become known, or is refused: whoever read it should look again. */
    readonly onKnown: (config: KubeObject) => void;
    readonly onError: (config: string, error: unknown) => void;
  }) {
    const { client, clock, random, onError } = options;
    this.#client = client;
    this.#onKnown = options.onKnown;
    this.#queue = new WorkQueue({
      clock,
      random,
      workers: WORKERS,
      work: (key) => this.#fetch(key),
      onError: (key, error) => {
        onError(key, error);
        if (isKubeError(error, 'Forbidden')) this.#refuse(key, messageOf(error));
      },
      backOff: { baseMs: 1_000, maxMs: 60_000 },
    });
    this.#queue.start();
  }

  /** The state of the config that these metadata belong to; `unread` while it is being fetched. */
  of(metadata: KubeObject): ConfigState | 'unread' | Unreadable {
    const key = keyFor(metadata);
    const known = this.#known.get(key);
    if (known !== undefined && isUpTo(known.resourceVersion, metadata.metadata.resourceVersion)) return known.state;
    const version = metadata.metadata.resourceVersion;
    if (this.#wanted.get(key)?.metadata.resourceVersion !== version || !this.#wanted.has(key)) {
      this.#wanted.set(key, metadata);
      this.#queue.add(key);
    }
    const unreadable = this.#refused.get(key);
    return unreadable === undefined ? 'unread' : { unreadable };
  }

  /** Forgets a config that is gone. */
  forget(config: KubeObject): void {
    for (const map of [this.#known, this.#wanted, this.#refused]) map.delete(keyFor(config));
  }

  /** Fetches nothing any more. */
  async stop(): Promise<void> {
    await this.#queue.stop();
  }

  async #fetch(key: string): Promise<void> {
    const [kind = '', namespace = '', name = ''] = key.split(/[ /]/);
    const config = await this.#client.get({ apiVersion: 'v1', kind, namespace, name });
    const version = config?.metadata.resourceVersion;
    this.#refused.delete(key);
    if (isUpTo(version, this.#wanted.get(key)?.metadata.resourceVersion)) this.#wanted.delete(key);
    // One that is gone is no longer asked for as soon as the watch has said so.
    if (config === undefined) return;
    this.#known.set(key, { resourceVersion: version, state: configState(config) });
    this.#onKnown(config);
  }

  #refuse(key: string, words: string): void {
    const config = this.#wanted.get(key);
    if (config === undefined || this.#refused.get(key) === words) return;
    this.#refused.set(key, words);
    this.#onKnown(config);
  }
}
