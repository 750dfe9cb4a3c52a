import assert from 'node:assert/strict';
import type { JsonRecord } from '#src/lib/json.ts';
import { isRecord, recordAt, sameJson } from '#src/lib/json.ts';
import type { KubeObject, ObjectRef } from '#src/lib/kube-object.ts';
import { keyOf } from '#src/lib/kube-object.ts';
import type { ObjectPatch, Objects } from '#src/traffic/router.ts';

const keyFor = (ref: ObjectRef): string => `${ref.kind} ${keyOf(ref)}`;

/** JSON merge patch (RFC 7386). */
const merged = (target: unknown, patch: unknown): unknown => {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = { ...(isRecord(target) ? target : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
};

/** As a merge patch: what `before` has and `after` has not is set to null, as server-side apply drops it. */
const withRemovals = (before: JsonRecord, after: JsonRecord): JsonRecord => {
  const patch: Record<string, unknown> = { ...after };
  for (const [key, value] of Object.entries(before)) {
    const next = after[key];
    if (next === undefined) patch[key] = null;
    else if (isRecord(value) && isRecord(next)) patch[key] = withRemovals(value, next);
  }
  return patch;
};

/** As the API server stores metadata: empty maps go. */
const tidy = (object: JsonRecord): JsonRecord => {
  const metadata = Object.fromEntries(
    Object.entries(recordAt(object, 'metadata')).filter(
      ([, value]) => !isRecord(value) || Object.keys(value).length > 0,
    ),
  );
  return { ...object, metadata };
};

/** The few objects that a router reads and writes, with the API server's rules for them. Lists are atomic. */
export class RouteWorld implements Objects {
  readonly #objects = new Map<string, KubeObject>();
  readonly #applied = new Map<string, KubeObject>();
  readonly #onWrite: (object: KubeObject) => KubeObject;
  #version = 0;

  /** `onWrite` stands for the API server's defaults and validation: it returns what is stored, or throws. */
  constructor(objects: readonly KubeObject[], onWrite: (object: KubeObject) => KubeObject = (object) => object) {
    this.#onWrite = onWrite;
    for (const object of objects) this.put(object);
  }

  readonly get = (ref: ObjectRef): KubeObject | undefined => this.#objects.get(keyFor(ref));

  readonly list = ({ kind, namespace }: { kind: string; namespace: string }): readonly KubeObject[] =>
    this.all().filter((object) => object.kind === kind && object.metadata.namespace === namespace);

  all(): readonly KubeObject[] {
    return [...this.#objects.values()];
  }

  /** Stores an object as it is sent, by whomever; the generation follows the spec. */
  put(object: KubeObject): void {
    const key = `${object.kind} ${keyOf(object.metadata)}`;
    const before = this.#objects.get(key);
    const stored = this.#onWrite(object);
    const isNewSpec = !sameJson(before?.['spec'], stored['spec']);
    const generation = (before?.metadata.generation ?? 0) + (isNewSpec ? 1 : 0);
    const resourceVersion = `${++this.#version}`;
    const uid = before?.metadata.uid ?? `uid-${this.#version}`;
    this.#objects.set(key, { ...stored, metadata: { ...stored.metadata, uid, generation, resourceVersion } });
  }

  write(patches: readonly ObjectPatch[]): void {
    const written = patches.map((patch) =>
      keyFor(patch.type === 'apply' ? { ...patch.object.metadata, ...kindOf(patch.object) } : patch.ref),
    );
    assert.equal(new Set(written).size, written.length, 'one patch for each object');
    for (const patch of patches) this.#write(patch);
  }

  #write(patch: ObjectPatch): void {
    if (patch.type === 'delete') {
      const found = this.get(patch.ref);
      assert.equal(patch.uid, found?.metadata.uid, 'a deletion must be guarded by the uid');
      this.#objects.delete(keyFor(patch.ref));
      this.#applied.delete(keyFor(patch.ref));
      return;
    }
    if (patch.type === 'merge') {
      const found = this.get(patch.ref);
      assert.ok(found, 'a merge patch needs its object');
      assert.equal(patch.resourceVersion, found.metadata.resourceVersion, 'a merge patch must be guarded');
      this.#store(found, tidy({ ...found, ...recordAt({ merged: merged(found, patch.patch) }, 'merged') }));
      return;
    }
    const { object } = patch;
    const key = keyFor({ ...object.metadata, ...kindOf(object) });
    const change = withRemovals(this.#applied.get(key) ?? {}, object);
    this.#applied.set(key, object);
    this.#store(object, tidy(recordAt({ merged: merged(this.#objects.get(key) ?? {}, change) }, 'merged')));
  }

  #store(named: KubeObject, fields: JsonRecord): void {
    const metadata = { ...recordAt(fields, 'metadata'), name: named.metadata.name };
    this.put({ ...fields, ...kindOf(named), metadata });
  }
}

const kindOf = ({ apiVersion, kind }: KubeObject): { apiVersion: string; kind: string } => ({ apiVersion, kind });
