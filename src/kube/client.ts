import type { KubeObject, ObjectRef, Resource } from '../lib/kube-object.ts';

export type ListOptions = {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
  /** Ask for PartialObjectMetadata only. */
  readonly metadataOnly?: boolean | undefined;
  /** Of a watch: the server ends it after this many seconds. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** One page of a list. */
export type KubeList = {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  /** Asks for the next page; absent on the last one. */
  readonly continue?: string;
};

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: KubeObject }
  | { readonly type: 'ERROR'; readonly status: unknown };

/** What the controller asks of an API server. Errors are KubeError. */
export type KubeClient = {
  /** Undefined when the object does not exist. */
  readonly get: (ref: ObjectRef) => Promise<KubeObject | undefined>;
  readonly list: (resource: Resource, options?: ListOptions) => Promise<KubeList>;
  /** Changes since `resourceVersion`, bookmarks included. Ends when the server or the signal ends it. */
  readonly watch: (resource: Resource, options: ListOptions) => Promise<AsyncIterable<WatchEvent>>;
  /** With `dryRun` it is only checked, by admission too. */
  readonly create: (object: KubeObject, options?: { readonly dryRun?: boolean }) => Promise<KubeObject>;
  /** Server-side apply with Serin's field manager, forced. */
  readonly apply: (object: KubeObject) => Promise<KubeObject>;
  /** Merge patch; put `metadata.resourceVersion` into it to guard it. */
  readonly mergePatch: (ref: ObjectRef, patch: Readonly<Record<string, unknown>>) => Promise<KubeObject>;
  /** Replaces `status` of the object; its resourceVersion guards the write. */
  readonly updateStatus: (object: KubeObject) => Promise<KubeObject>;
  /** Replaces everything but `status`; the object's resourceVersion guards the write. */
  readonly update: (object: KubeObject) => Promise<KubeObject>;
  /** True when it was there. */
  readonly delete: (
    ref: ObjectRef,
    options?: { readonly uid?: string; readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' },
  ) => Promise<boolean>;
};
