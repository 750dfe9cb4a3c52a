import type { KubeClient } from '../kube/client.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
import { keyOf, refOf } from '../lib/kube-object.ts';
import { type ConfigState, configState } from '../workload/config-tracking.ts';

type Entry = { readonly resourceVersion: string; readonly state: ConfigState | undefined };

/**
 * What is known of the contents of ConfigMaps and Secrets: their hashes. Caches hold their metadata only; the content is
 * fetched when it has changed, hashed, and dropped.
 */
export class ConfigStates {
  readonly #entries = new Map<string, Entry>();
  readonly #options: {
    readonly client: KubeClient;
    /** Called when a content has become known: whoever read it should look again. */
    readonly onKnown: (config: KubeObject) => void;
    readonly onError: (ref: ObjectRef, error: unknown) => void;
  };

  constructor(options: {
    readonly client: KubeClient;
    readonly onKnown: (config: KubeObject) => void;
    readonly onError: (ref: ObjectRef, error: unknown) => void;
  }) {
    this.#options = options;
  }

  /** The state of the config that these metadata belong to; `unread` while it is being fetched. */
  of(metadata: KubeObject): ConfigState | 'unread' {
    const key = `${metadata.kind} ${keyOf(metadata.metadata)}`;
    const resourceVersion = metadata.metadata.resourceVersion ?? '';
    const entry = this.#entries.get(key);
    if (entry?.resourceVersion === resourceVersion) return entry.state ?? 'unread';
    this.#entries.set(key, { resourceVersion, state: undefined });
    void this.#fetch(key, { ...refOf(metadata), apiVersion: 'v1' });
    return 'unread';
  }

  forget(metadata: KubeObject): void {
    this.#entries.delete(`${metadata.kind} ${keyOf(metadata.metadata)}`);
  }

  async #fetch(key: string, ref: ObjectRef): Promise<void> {
    try {
      const config = await this.#options.client.get(ref);
      if (config === undefined) return void this.#entries.delete(key);
      const resourceVersion = config.metadata.resourceVersion ?? '';
      this.#entries.set(key, { resourceVersion, state: configState(config) });
      this.#options.onKnown(config);
    } catch (error) {
      this.#entries.delete(key);
      this.#options.onError(ref, error);
    }
  }
}
