import {
  BASELINE_ANNOTATION,
  CANARY_UID_LABEL,
  FINALIZER,
  HANDS_OFF_ANNOTATIONS,
  HELD_LABEL,
  REVISION_LABEL,
  ROLE_LABEL,
  STAMP_ANNOTATION,
} from '../../api/names.ts';
import { stringAt } from '../../lib/json.ts';
import type { KubeObject, ObjectRef } from '../../lib/kube-object.ts';
import { refOf } from '../../lib/kube-object.ts';
import { configRefs } from '../../workload/config-refs.ts';
import { kindOf } from '../../workload/kinds/kind-of.ts';
import { templateOf } from '../../workload/pod-template.ts';
import { write } from '../restore.ts';
import type { FlaggerDeps } from './flagger-deps.ts';
import { madeFor, ownerReference, writeMetadata } from './made-by-flagger.ts';

const OURS_LABELS = [CANARY_UID_LABEL, HELD_LABEL, ROLE_LABEL, REVISION_LABEL];
const OURS_ANNOTATIONS = [BASELINE_ANNOTATION, STAMP_ANNOTATION, ...Object.keys(HANDS_OFF_ANNOTATIONS)];

const gone = (names: readonly string[], held: Readonly<Record<string, string>> | undefined): Record<string, null> =>
  Object.fromEntries(names.filter((name) => name in (held ?? {})).map((name) => [name, null]));

/** Takes Serin's labels and annotations off an object; with `owner`, it goes with that one from now on. */
const strip = async (object: KubeObject, owner: KubeObject | undefined, deps: FlaggerDeps): Promise<void> => {
  const { labels, annotations, ownerReferences = [] } = object.metadata;
  const off = { labels: gone(OURS_LABELS, labels), annotations: gone(OURS_ANNOTATIONS, annotations) };
  const owned = owner === undefined ? {} : { ownerReferences: [...ownerReferences, ownerReference(owner)] };
  if (Object.keys(off.labels).length + Object.keys(off.annotations).length + Object.keys(owned).length === 0) return;
  await writeMetadata(object, { ...off, ...owned }, deps);
};

/** What Serin held and Flagger will not have: the copy under judgement, and records. */
const isServing = (object: KubeObject, needed: ReadonlySet<string>): boolean => {
  if (object.kind === 'ConfigMap' || object.kind === 'Secret')
    return needed.has(`${object.kind} ${object.metadata.name}`);
  return object.metadata.labels?.[ROLE_LABEL] !== 'canary' || object.kind === 'Service';
};

const namesOf = (shadow: KubeObject): { readonly kind: string; readonly target: string; readonly apex: string } => {
  const target = stringAt(shadow, 'spec', 'targetRef', 'name') ?? '';
  const kind = stringAt(shadow, 'spec', 'targetRef', 'kind') ?? 'Deployment';
  return { kind, target, apex: stringAt(shadow, 'spec', 'service', 'name') ?? target };
};

/**
 * Gives what serves to Flagger's Canary without touching a pod, a selector or a weight: Serin's marks come off, and the
 * Canary owns what it would have made itself. What only Serin needs is deleted. Idempotent: what has been given has no
 * mark any more.
 */
export const handBack = async (original: KubeObject, shadow: KubeObject, deps: FlaggerDeps): Promise<void> => {
  const { caches, writer } = deps;
  const { namespace = '', uid = '' } = shadow.metadata;
  const { kind, target, apex } = namesOf(shadow);
  const ref = (apiVersion: string, kind: string, name: string): ObjectRef => ({ apiVersion, kind, namespace, name });
  const primary = caches.get(ref('apps/v1', kind, `${target}-primary`));
  const needed = new Set(
    primary === undefined ? [] : configRefs(templateOf(primary)).map(({ kind, name }) => `${kind} ${name}`),
  );
  for (const object of madeFor(uid, deps)) {
    if (isServing(object, needed)) await strip(object, original, deps);
    else await writer.remove(refOf(object));
  }
  for (const kind of ['ControllerRevision', 'PodDisruptionBudget']) {
    for (const record of caches.byIndex(kind, { index: 'canaryUid', value: uid })) await writer.remove(refOf(record));
  }
  // What was there before either of them: it is held, never owned.
  const adopted = [
    ref('apps/v1', kind, target),
    ref('v1', 'Service', apex),
    ref('gateway.networking.k8s.io/v1', 'HTTPRoute', apex),
  ];
  for (const found of adopted.map(caches.get)) if (found !== undefined) await strip(found, undefined, deps);
  const held = caches.get(ref('apps/v1', kind, target));
  const left = held && kindOf(held).leftToFlagger(held);
  if (left !== undefined) await write(left, writer);
};

/** Asks for the shadow's end. It stays until it has given everything back, so it must not be taken for gone. */
export const deleteShadow = async (shadow: KubeObject, { client }: FlaggerDeps): Promise<void> => {
  const { uid } = shadow.metadata;
  await client.delete(refOf(shadow), { propagationPolicy: 'Background', ...(uid === undefined ? {} : { uid }) });
};

/** Lets the shadow go, with nothing given back to the target. */
export const dropShadow = async (shadow: KubeObject, deps: FlaggerDeps): Promise<void> => {
  const { caches, writer } = deps;
  const ref = refOf(shadow);
  const { resourceVersion, finalizers = [] } = (caches.get(ref) ?? shadow).metadata;
  if (finalizers.includes(FINALIZER)) {
    await writer.merge(ref, {
      metadata: { resourceVersion, finalizers: finalizers.filter((name) => name !== FINALIZER) },
    });
  }
  await deleteShadow(shadow, deps);
};
