import type { KubeClient } from '../kube/client.ts';
import { WorkQueue } from '../kube/queue.ts';
import { isUpTo } from '../kube/resource-version.ts';
import type { Clock } from '../lib/clock.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { keyOf } from '../lib/kube-object.ts';
import type { Random } from '../lib/random.ts';
import { type ConfigState, configState } from '../workload/config-tracking.ts';

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
  /** Versions that are being fetched. */
  readonly #wanted = new Map<string, string | undefined>();
  readonly #queue: WorkQueue;
  readonly #client: KubeClient;
  readonly #onKnown: (config: KubeObject) => void;

  constructor(options: {
    readonly client: KubeClient;
    readonly clock: Clock;
    readonly random: Random;
    /** Called when a content has become known: whoever read it should look again. */
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
      onError,
      backOff: { baseMs: 1_000, maxMs: 60_000 },
    });
    this.#queue.start();
  }

  /** The state of the config that these metadata belong to; `unread` while it is being fetched. */
  of(metadata: KubeObject): ConfigState | 'unread' {
    const key = keyFor(metadata);
    const known = this.#known.get(key);
    if (known !== undefined && isUpTo(known.resourceVersion, metadata.metadata.resourceVersion)) return known.state;
    const version = metadata.metadata.resourceVersion;
    if (!this.#wanted.has(key) || this.#wanted.get(key) !== version) {
      this.#wanted.set(key, version);
      this.#queue.add(key);
    }
    return 'unread';
  }

  /** Forgets a config that is gone. */
  forget(config: KubeObject): void {
    this.#known.delete(keyFor(config));
    this.#wanted.delete(keyFor(config));
  }

  /** Fetches nothing any more. */
  async stop(): Promise<void> {
    await this.#queue.stop();
  }

  async #fetch(key: string): Promise<void> {
    const [kind = '', namespace = '', name = ''] = key.split(/[ /]/);
    const config = await this.#client.get({ apiVersion: 'v1', kind, namespace, name });
    const version = config?.metadata.resourceVersion;
    if (isUpTo(version, this.#wanted.get(key))) this.#wanted.delete(key);
    // One that is gone is no longer asked for as soon as the watch has said so.
    if (config === undefined) return;
    this.#known.set(key, { resourceVersion: version, state: configState(config) });
    this.#onKnown(config);
  }
}
