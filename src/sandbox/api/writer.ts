import type { Clock } from '../../lib/clock.ts';
import { listAt, numberAt, sameJson, stringAt } from '../../lib/json.ts';
import type { KubeObject, ManagedFields, ObjectMeta } from '../../lib/kube-object.ts';
import type { Random } from '../../lib/random.ts';
import { type AdmissionContext, admitAll, type KindRules } from './admission.ts';
import { parseObject, withField, withMetadata } from './kube-json.ts';
import { metadataProblems, SYSTEM_METADATA, timestamp } from './metadata.ts';
import { kindKeyOf, type ServedResource } from './resources.ts';
import {
  type ApiError,
  alreadyExists,
  badRequest,
  conflict,
  type FieldProblem,
  forbidden,
  invalid,
  notFound,
  STALE_WRITE,
  type Subject,
} from './status.ts';
import type { Store } from './store.ts';

export type Propagation = 'Background' | 'Foreground' | 'Orphan';
export const FOREGROUND_FINALIZER = 'foregroundDeletion';
export const ORPHAN_FINALIZER = 'orphan';

/** Who writes, and through which door. */
export type WriteOptions = {
  readonly user: string;
  /** Field ownership after the write, from the object as admitted. */
  readonly own: (admitted: KubeObject) => readonly ManagedFields[];
  readonly subresource?: 'status' | undefined;
  /** Do everything but the write. */
  readonly dryRun?: boolean | undefined;
};

export type RemoveOptions = {
  readonly propagation?: Propagation | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly dryRun?: boolean | undefined;
};

type WriterOptions = {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly namespaces: ServedResource;
  readonly rules: (kindKey: string) => readonly KindRules[];
};

const NAME_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** What holds for every write whatever the kind: identity, admission, generations, finalizers, namespaces. */
export class Writer {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #namespaces: ServedResource;
  readonly #rules: WriterOptions['rules'];
  #uids = 0;

  constructor({ store, clock, random, namespaces, rules }: WriterOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#random = random;
    this.#namespaces = namespaces;
    this.#rules = rules;
  }

  create(resource: ServedResource, input: KubeObject, options: WriteOptions): KubeObject {
    if (input.metadata.resourceVersion !== undefined) {
      throw badRequest('resourceVersion should not be set on objects to be created');
    }
    const named = withMetadata(input, {
      ...Object.fromEntries(SYSTEM_METADATA.map((field) => [field, undefined])),
      name: this.#nameOf(resource, input),
    });
    const subject = subjectOf(resource, named);
    this.#checkNamespace(resource, named);
    if (this.#store.get(resource, named.metadata) !== undefined) throw alreadyExists(subject);
    const object = this.#admit(resource, resource.status ? withField(named, 'status', undefined) : named, options);
    const owned = withMetadata(object, {
      managedFields: options.own(object),
      uid: this.#nextUid(options.dryRun),
      creationTimestamp: timestamp(this.#clock.now()),
      generation: resource.generationOf === undefined ? undefined : 1,
    });
    const allocated = this.#rulesOf(resource).reduce((made, { allocate }) => allocate?.(made) ?? made, owned);
    return options.dryRun ? allocated : this.#store.put(resource, allocated);
  }

  /** Replaces `existing` by `input`, or its status alone. What would change nothing is not written. */
  update(
    resource: ServedResource,
    existing: KubeObject,
    { input, ...options }: WriteOptions & { input: KubeObject },
  ): KubeObject {
    const subject = subjectOf(resource, existing);
    const { uid, resourceVersion } = input.metadata;
    if (uid !== undefined && uid !== existing.metadata.uid) throw conflict(subject, uidMismatch(uid, existing));
    if (resourceVersion !== undefined && resourceVersion !== existing.metadata.resourceVersion) {
      throw conflict(subject, STALE_WRITE);
    }
    const kept = Object.fromEntries(SYSTEM_METADATA.map((field) => [field, existing.metadata[field]]));
    const merged =
      options.subresource === 'status'
        ? withField(withMetadata(existing, metadataThroughStatus(resource, input)), 'status', input['status'])
        : withField(withMetadata(input, kept), 'status', resource.status ? existing['status'] : input['status']);
    const object = this.#admit(resource, merged, { ...options, old: existing });
    const owned = withMetadata(object, { managedFields: options.own(object) });
    if (sameJson(owned, existing)) return existing;
    const { generationOf } = resource;
    const grown =
      options.subresource !== 'status' &&
      generationOf !== undefined &&
      !sameJson(generationOf(owned), generationOf(existing));
    const next = grown ? withMetadata(owned, { generation: (existing.metadata.generation ?? 0) + 1 }) : owned;
    if (options.dryRun) return next;
    return mayGo(next) ? this.#store.delete(resource, next) : this.#store.put(resource, next);
  }

  /** Deletes, or marks for deletion what has finalizers or a grace period. Returns what is left, or undefined. */
  remove(resource: ServedResource, existing: KubeObject, options: RemoveOptions = {}): KubeObject | undefined {
    // Here the server names the kind where it names the resource otherwise.
    const subject = { group: '', plural: resource.kind, name: existing.metadata.name };
    const { uid, resourceVersion } = options;
    if (uid !== undefined && uid !== existing.metadata.uid) {
      throw conflict(
        subject,
        `the UID in the precondition (${uid}) does not match the UID in record (${existing.metadata.uid}). The object might have been deleted and then recreated`,
      );
    }
    if (resourceVersion !== undefined && resourceVersion !== existing.metadata.resourceVersion) {
      const found = existing.metadata.resourceVersion;
      throw conflict(
        subject,
        `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${found}). The object might have been modified`,
      );
    }
    const finalizers = finalizersFor(existing, options.propagation);
    const asked = Math.max(0, options.gracePeriodSeconds ?? defaultGrace(existing));
    const grace = Math.min(asked, existing.metadata.deletionGracePeriodSeconds ?? asked);
    const now = this.#clock.now();
    const first = existing.metadata.deletionTimestamp === undefined;
    const marked = withMetadata(existing, {
      finalizers: finalizers.length === 0 ? undefined : finalizers,
      ...(first || grace < (existing.metadata.deletionGracePeriodSeconds ?? 0)
        ? { deletionTimestamp: timestamp(now + grace * 1000), deletionGracePeriodSeconds: grace }
        : {}),
      ...(first && existing.metadata.generation !== undefined ? { generation: existing.metadata.generation + 1 } : {}),
    });
    if (options.dryRun || sameJson(marked, existing)) return existing;
    if (!mayGo(marked)) return this.#store.put(resource, terminating(marked));
    this.#store.delete(resource, first ? existing : marked);
    return undefined;
  }

  /** Writes what the server itself changes: no admission, no ownership. Deletes what nothing holds any more. */
  settle(resource: ServedResource, object: KubeObject): void {
    if (mayGo(object)) this.#store.delete(resource, object);
    else this.#store.put(resource, object);
  }

  #rulesOf(resource: ServedResource): readonly KindRules[] {
    return this.#rules(kindKeyOf(resource));
  }

  #admit(
    resource: ServedResource,
    object: KubeObject,
    options: AdmissionContext & { subresource?: string | undefined },
  ): KubeObject {
    const { user, old } = options;
    const problems = [...metadataProblems(object, old)];
    const refuse = (found: readonly FieldProblem[]): ApiError =>
      invalid({ group: resource.group, kind: resource.kind, name: object.metadata.name }, found);
    if (problems.length > 0) throw refuse(problems);
    if (options.subresource === 'status') return object;
    const hooks = this.#rulesOf(resource).flatMap(({ admit }) => (admit === undefined ? [] : [admit]));
    const verdict = admitAll(hooks, object, { user, ...(old === undefined ? {} : { old }) });
    if ('problems' in verdict) throw refuse(verdict.problems);
    return parseObject(verdict.object);
  }

  #checkNamespace(resource: ServedResource, object: KubeObject): void {
    const { namespace } = object.metadata;
    if (resource.namespaced !== (namespace !== undefined)) {
      throw badRequest(
        `${resource.kind} ${object.metadata.name} must have ${resource.namespaced ? 'a' : 'no'} namespace`,
      );
    }
    if (namespace === undefined) return;
    const found = this.#store.get(this.#namespaces, { name: namespace });
    if (found === undefined) throw notFound({ group: '', plural: 'namespaces', name: namespace });
    if (found.metadata.deletionTimestamp === undefined) return;
    throw forbidden(
      subjectOf(resource, object),
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    );
  }

  #nameOf(resource: ServedResource, { metadata: { name, generateName } }: KubeObject): string {
    if (name !== '') return name;
    if (generateName === undefined) {
      const message = 'Required value: name or generateName is required';
      throw invalid({ ...resource, name: '' }, [{ field: 'metadata.name', message, reason: 'FieldValueRequired' }]);
    }
    const pick = (): string => NAME_ALPHABET[Math.floor(this.#random() * NAME_ALPHABET.length)] ?? 'x';
    return generateName.slice(0, 58) + Array.from({ length: 5 }, pick).join('');
  }

  /** Counted, so that a run repeats; shaped as UUIDs are. */
  #nextUid(dryRun = false): string {
    const count = dryRun ? 0 : ++this.#uids;
    return `00000000-0000-4000-8000-${count.toString(16).padStart(12, '0')}`;
  }
}

/** What the status of a built-in kind carries along; the labels of a Deployment are not among it. */
const metadataThroughStatus = (
  { typed, kind }: ServedResource,
  { metadata: { annotations, labels, finalizers, ownerReferences } }: KubeObject,
): { readonly [F in keyof ObjectMeta]?: unknown } => {
  if (!typed) return {};
  const carried = { annotations, finalizers, ownerReferences };
  return kind === 'Deployment' ? carried : { ...carried, labels };
};

export const subjectOf = ({ group, plural }: ServedResource, { metadata: { name } }: KubeObject): Subject => ({
  group,
  plural,
  name,
});

const uidMismatch = (uid: string, existing: KubeObject): string =>
  `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${existing.metadata.uid}`;

/** Marked, without finalizers, and nobody is given time any more. */
const mayGo = ({ kind, metadata, ...object }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined &&
  (metadata.finalizers ?? []).length === 0 &&
  (metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
  (kind !== 'Namespace' || listAt(object, 'spec', 'finalizers').length === 0);

/** Pods that run somewhere are given time to end. */
const defaultGrace = (object: KubeObject): number =>
  object.kind === 'Pod' && stringAt(object, 'spec', 'nodeName') !== undefined
    ? (numberAt(object, 'spec', 'terminationGracePeriodSeconds') ?? 30)
    : 0;

const finalizersFor = (
  { metadata: { finalizers = [] } }: KubeObject,
  propagation: Propagation | undefined,
): readonly string[] => {
  if (propagation === undefined) return finalizers;
  const others = finalizers.filter((name) => name !== FOREGROUND_FINALIZER && name !== ORPHAN_FINALIZER);
  if (propagation === 'Foreground') return [...others, FOREGROUND_FINALIZER];
  return propagation === 'Orphan' ? [...others, ORPHAN_FINALIZER] : others;
};

const terminating = (object: KubeObject): KubeObject =>
  object.kind === 'Namespace' ? withField(object, 'status', { phase: 'Terminating' }) : object;
