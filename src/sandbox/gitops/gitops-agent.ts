import { pathOf, resourceFor } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import type { Cancel, Clock } from '../../lib/clock.ts';
import { stringAt } from '../../lib/json.ts';
import { type KubeObject, keyOf, type ObjectRef, refOf } from '../../lib/kube-object.ts';
import { messageOf } from '../../lib/message-of.ts';
import { buildManifests } from './build-manifests.ts';
import type { RevisionSource } from './revision-source.ts';

const FLUX_MANAGER = 'kustomize-controller';
const OWNER_LABELS = 'kustomize.toolkit.fluxcd.io';
/** Flux's annotation: `IfNotPresent` creates an object and leaves it alone from then on. */
const SSA_ANNOTATION = 'kustomize.toolkit.fluxcd.io/ssa';

export type GitOpsAgentOptions = {
  readonly source: RevisionSource;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Folder of the repository that is applied; '' is all of it. */
  readonly path: string;
  /** The Kustomization that this agent plays; it stands in the owner labels. */
  readonly name: string;
  readonly namespace: string;
  readonly branch?: string;
  /** How often it looks for a new commit and puts right what has drifted. */
  readonly intervalMs: number;
  /** Called each time a commit has been applied for the first time. */
  readonly onApplied?: (commit: string) => void;
};

export type AgentStatus = {
  /** The newest commit whose objects were all applied. */
  readonly lastApplied?: string;
  /** Why the newest commit could not be applied. */
  readonly error?: string;
};

/**
 * A GitOps agent like Flux's kustomize-controller: applies the manifests of a branch by server-side apply, at each new
 * commit and at each interval, and deletes what has left Git. Where the cluster serves Kustomization objects, it keeps
 * its own with `status.lastAppliedRevision`.
 */
export class GitOpsAgent {
  readonly #options: GitOpsAgentOptions;
  #status: AgentStatus = {};
  #built: { readonly commit: string; readonly objects: readonly KubeObject[] } | undefined;
  /** What stands in the cluster because of Git, by key. */
  #inventory: ReadonlyMap<string, ObjectRef> = new Map();
  #cancel: Cancel | undefined;
  #running: Promise<void> | undefined;
  #stopped = true;

  constructor(options: GitOpsAgentOptions) {
    this.#options = options;
  }

  get status(): AgentStatus {
    return this.#status;
  }

  start(): void {
    this.#stopped = false;
    void this.#round();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#running;
  }

  /** Looks and applies now, as after a webhook of the host. Never rejects: see `status`. */
  sync(): Promise<void> {
    this.#running ??= this.#reconcile()
      .then(
        (status) => {
          this.#status = status;
        },
        (error: unknown) => {
          this.#status = { ...this.#status, error: messageOf(error) };
        },
      )
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  async #round(): Promise<void> {
    await this.sync();
    if (!this.#stopped) this.#cancel = this.#options.clock.after(this.#options.intervalMs, () => void this.#round());
  }

  async #reconcile(): Promise<AgentStatus> {
    const { source, path, onApplied } = this.#options;
    const commit = await source.head();
    if (commit === undefined) return this.#status;
    if (this.#built?.commit !== commit) {
      this.#built = { commit, objects: await buildManifests(await source.readFiles(commit, ''), path) };
    }
    const isNew = this.#status.lastApplied !== commit;
    if (isNew) await this.#report({ lastAttemptedRevision: this.#revision(commit) });
    const wanted = new Map(this.#built.objects.map((object) => [inventoryKey(object), object]));
    for (const object of inOrder([...wanted.values()])) await this.#apply(object);
    for (const [key, ref] of this.#inventory) if (!wanted.has(key)) await this.#delete(ref);
    this.#inventory = new Map([...wanted].map(([key, object]) => [key, refOf(object)]));
    if (isNew) {
      await this.#report({ lastAppliedRevision: this.#revision(commit) });
      onApplied?.(commit);
    }
    return { lastApplied: commit };
  }

  async #apply(object: KubeObject): Promise<void> {
    const { name, namespace } = this.#options;
    const labels = {
      ...object.metadata.labels,
      [`${OWNER_LABELS}/name`]: name,
      [`${OWNER_LABELS}/namespace`]: namespace,
    };
    const body = { ...object, metadata: { ...object.metadata, labels } };
    if (object.metadata.annotations?.[SSA_ANNOTATION] === 'IfNotPresent' && (await this.#stands(refOf(object)))) return;
    const response = await this.#send('PATCH', refOf(object), { body, contentType: 'application/apply-patch+yaml' });
    if (response.status >= 300) throw failure(`apply ${describe(refOf(object))}`, response);
  }

  async #stands(ref: ObjectRef): Promise<boolean> {
    const response = await this.#send('GET', ref, {});
    if (response.status >= 300 && response.status !== 404) throw failure(`read ${describe(ref)}`, response);
    return response.status !== 404;
  }

  async #delete(ref: ObjectRef): Promise<void> {
    const response = await this.#send('DELETE', ref, {});
    if (response.status >= 300 && response.status !== 404) throw failure(`delete ${describe(ref)}`, response);
  }

  #revision(commit: string): string {
    return `${this.#options.branch ?? 'main'}@sha1:${commit}`;
  }

  /** Tells what is applied as Flux does. A cluster without Flux's CRD answers 404: then there is nobody to tell. */
  async #report(status: Readonly<Record<string, string>>): Promise<void> {
    const { name, namespace, path, intervalMs } = this.#options;
    const object: KubeObject = {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name, namespace },
      spec: {
        interval: `${intervalMs}ms`,
        path: `./${path}`,
        prune: true,
        sourceRef: { kind: 'GitRepository', name },
      },
    };
    const applied = await this.#send('PATCH', refOf(object), {
      body: object,
      contentType: 'application/apply-patch+yaml',
    });
    if (applied.status === 404) return;
    if (applied.status >= 300) throw failure(`apply ${describe(refOf(object))}`, applied);
    const body = { status };
    const contentType = 'application/merge-patch+json';
    const told = await this.#send('PATCH', refOf(object), { body, contentType, subresource: 'status' });
    if (told.status >= 300) throw failure(`write the status of ${describe(refOf(object))}`, told);
  }

  #send(
    method: 'GET' | 'PATCH' | 'DELETE',
    ref: ObjectRef,
    options: { readonly body?: unknown; readonly contentType?: string; readonly subresource?: 'status' },
  ): ReturnType<Transport['request']> {
    const { subresource, ...rest } = options;
    const path = pathOf(resourceFor(ref), { namespace: ref.namespace, name: ref.name, subresource });
    const apply = options.contentType === 'application/apply-patch+yaml';
    const query = method !== 'PATCH' ? {} : { fieldManager: FLUX_MANAGER, ...(apply ? { force: 'true' } : {}) };
    return this.#options.transport.request({ method, path, query, ...rest });
  }
}

const describe = (ref: ObjectRef): string => `${ref.kind} ${keyOf(ref)}`;

const inventoryKey = (object: KubeObject): string => `${object.apiVersion} ${object.kind} ${keyOf(object.metadata)}`;

/** Namespaces first: everything else may stand in one of them. */
const inOrder = (objects: readonly KubeObject[]): readonly KubeObject[] => {
  const isNamespace = ({ kind }: KubeObject): boolean => kind === 'Namespace';
  return [...objects.filter(isNamespace), ...objects.filter((object) => !isNamespace(object))];
};

const failure = (what: string, response: { readonly status: number; readonly body: unknown }): Error =>
  new Error(`Cannot ${what}: status ${response.status} ${stringAt(response.body, 'message') ?? ''}`.trimEnd());
