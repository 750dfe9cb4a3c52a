import { kindWord } from '../kube/resources.ts';
import { stringAt } from '../lib/json.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
import { keyOf, refOf } from '../lib/kube-object.ts';
import { claimedPlaces } from '../workload/claimed-places.ts';
import { WATCHED, type Watched } from './watched-kinds.ts';

/**
 * What a Canary's observation was made from, as tokens: `Kind ns/name` for an object that was read (also when it was
 * not there), `Kind owner=uid` and `Kind service=ns/name` for lists. A change of an object touches its tokens; every
 * Canary that read one of them is looked at again.
 */
export class Dependencies {
  readonly #readers = new Map<string, Set<string>>();
  readonly #tokens = new Map<string, ReadonlySet<string>>();

  /** Replaces what `canary` depends on. A copy is kept: what is read later, while performing, is not part of it. */
  record(canary: string, tokens: ReadonlySet<string>): void {
    const before = this.#tokens.get(canary);
    for (const token of before ?? []) {
      if (tokens.has(token)) continue;
      const readers = this.#readers.get(token);
      readers?.delete(canary);
      if (readers?.size === 0) this.#readers.delete(token);
    }
    for (const token of tokens) {
      if (before?.has(token)) continue;
      const readers = this.#readers.get(token) ?? new Set<string>();
      readers.add(canary);
      this.#readers.set(token, readers);
    }
    if (tokens.size === 0) this.#tokens.delete(canary);
    else this.#tokens.set(canary, new Set(tokens));
  }

  /** Canaries that read any of the tokens. */
  affected(tokens: Iterable<string>): ReadonlySet<string> {
    const canaries = new Set<string>();
    for (const token of tokens) for (const canary of this.#readers.get(token) ?? []) canaries.add(canary);
    return canaries;
  }
}

export const objectToken = (ref: ObjectRef): string => `${kindWord(ref)} ${keyOf(ref)}`;

export const ownerToken = (kind: string, uid: string): string => `${kind} owner=${uid}`;

export const serviceToken = (key: string): string => `EndpointSlice service=${key}`;

export const namespaceToken = (kind: string, namespace: string): string => `${kind} in ${namespace}`;

/** Kinds, by their word, of which observation reads all of a namespace: routers that of their plane's. */
export const LISTED_KINDS: ReadonlySet<string> = new Set([
  'NetworkPolicy',
  'Ingress',
  'HorizontalPodAutoscaler',
  'PodDisruptionBudget',
  ...WATCHED.filter((watched: Watched) => watched.plane !== undefined).map(({ resource }) => kindWord(resource)),
]);

/** Key of the Canary that a CanaryAction means; undefined for every other object. */
export const canaryMeant = (object: KubeObject): string | undefined => {
  const name = object.kind === 'CanaryAction' ? stringAt(object, 'spec', 'canaryRef', 'name') : undefined;
  return name === undefined ? undefined : `${object.metadata.namespace}/${name}`;
};

/** What a Canary claims for itself alone: its target, its apex Service, and the hosts of a route of its own. */
export const claimsOf = (canary: KubeObject): readonly string[] => {
  const target = stringAt(canary, 'spec', 'targetRef', 'name');
  const apex = stringAt(canary, 'spec', 'service', 'name') ?? target;
  const { namespace } = canary.metadata;
  if (target === undefined) return [];
  return [`${namespace}/target/${target}`, `${namespace}/apex/${apex}`, ...claimedPlaces(canary)];
};

export const claimToken = (claim: string): string => `Canary claim=${claim}`;

/** Every token that a change of `object` touches. */
export const tokensOf = (object: KubeObject): readonly string[] => {
  const { namespace, labels, ownerReferences } = object.metadata;
  const kind = kindWord(object);
  const tokens = [objectToken(refOf(object))];
  for (const owner of ownerReferences ?? []) tokens.push(ownerToken(kind, owner.uid));
  const service = labels?.['kubernetes.io/service-name'];
  if (object.kind === 'EndpointSlice' && service !== undefined) tokens.push(serviceToken(`${namespace}/${service}`));
  if (object.kind === 'Canary') tokens.push(...claimsOf(object).map(claimToken));
  if (LISTED_KINDS.has(kind)) tokens.push(namespaceToken(kind, namespace ?? ''));
  return tokens;
};
