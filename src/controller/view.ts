import { kindWord } from '../kube/resources.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
import { keyOf } from '../lib/kube-object.ts';
import type { Caches } from './caches.ts';
import { claimsOf, claimToken, namespaceToken, objectToken, ownerToken, serviceToken } from './dependencies.ts';
import type { Kind } from './watched-kinds.ts';

/**
 * Reads the caches for one observation and remembers what it read, so that a change of any of it, or its coming into
 * being, is a reason to look again. Never touches the network.
 */
export class View {
  readonly #caches: Caches;
  readonly tokens = new Set<string>();
  /** Kinds, by their word, that were looked for and cannot be read. */
  readonly unreadable = new Set<string>();

  constructor(caches: Caches) {
    this.#caches = caches;
  }

  /** An arrow, so that it can be passed on as `Objects.sees`. */
  readonly sees = (ref: ObjectRef): boolean => this.#caches.sees(ref);

  /** One object; undefined when it is not there. An arrow, so that it can be passed on as `Objects.get`. */
  readonly get = (ref: ObjectRef): KubeObject | undefined => {
    this.tokens.add(objectToken(ref));
    const kind = kindWord(ref);
    if (this.#caches.unreadable(kind) !== undefined) this.unreadable.add(kind);
    return this.#caches.get(ref);
  };

  /** Objects of a kind whose ownerReferences name `uid`. */
  ownedBy(kind: Kind, uid: string): readonly KubeObject[] {
    this.tokens.add(ownerToken(kind, uid));
    return this.#caches.byIndex(kind, { index: 'owner', value: uid });
  }

  endpointSlices(service: { readonly namespace: string; readonly name: string }): readonly KubeObject[] {
    this.tokens.add(serviceToken(keyOf(service)));
    return this.#caches.byIndex('EndpointSlice', { index: 'service', value: keyOf(service) });
  }

  /** All of a namespace, of the kinds that are filed by it. An arrow, so that it can be passed on as `Objects.list`. */
  readonly list = (of: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string;
  }): readonly KubeObject[] => {
    const kind = kindWord(of);
    this.tokens.add(namespaceToken(kind, of.namespace));
    if (this.#caches.unreadable(kind) !== undefined) this.unreadable.add(kind);
    return this.#caches.listIn(of);
  };

  /** Canaries that claim what this one claims, itself included; each once. */
  rivals(canary: KubeObject): readonly KubeObject[] {
    const found = new Map<string, KubeObject>();
    for (const claim of claimsOf(canary)) {
      this.tokens.add(claimToken(claim));
      for (const rival of this.#caches.byIndex('Canary', { index: 'claim', value: claim })) {
        found.set(rival.metadata.uid ?? '', rival);
      }
    }
    return [...found.values()];
  }
}
