import { listAt, sameJson } from '../../../lib/json.ts';
import { type KubeObject, keyOf, refOf } from '../../../lib/kube-object.ts';
import type { ClusterBackend, ClusterEvent } from '../../backend.ts';
import { carriedOver, conditionStatus } from '../../workloads/conditions.ts';
import { KeyQueue } from '../../workloads/key-queue.ts';
import { GATEWAY_KINDS, ObjectView } from '../object-view.ts';
import type { AskAws, AwsAnswer } from './aws-answer.ts';
import { dependenciesOf, isUsed, type MeshKind } from './mesh-references.ts';
import { resourceNames } from './resource-names.ts';

/** From the inside out: what stands further on may wait for what stands before. */
const KINDS: readonly MeshKind[] = ['Mesh', 'VirtualNode', 'VirtualRouter', 'AppMeshVirtualService'];
const FINALIZER = 'finalizers.appmesh.k8s.aws/aws-appmesh-resources';
/** When the controller tries again what AWS has refused, or what another object still needs. */
const RETRY_MS = 1000;
const by = { manager: 'app-mesh-controller' };

export type AppMeshControllerOptions = {
  readonly backend: ClusterBackend;
  /** From a change of an object to its status. */
  readonly statusMs: number;
  readonly askAws: AskAws;
  /** Told what App Mesh serves from now on, and what no longer. */
  readonly onTaken: (event: ClusterEvent) => void;
};

export type AppMeshController = { readonly onEvent: (event: ClusterEvent) => void; readonly stop: () => void };

const kindNamed = (word: string): MeshKind | undefined => KINDS.find((kind) => kind === word);
const conditionType = ({ kind }: KubeObject): string => `${kind}Active`;
const isActive = (object: KubeObject | undefined): boolean =>
  object !== undefined && conditionStatus(listAt(object, 'status', 'conditions'), conditionType(object)) === 'True';

/**
 * What the App Mesh controller does: it brings each object to AWS as soon as everything that it refers to is active, says
 * in its status what AWS has made of it, and lets go what is deleted when nothing in AWS needs it any more.
 */
export const createAppMeshController = (options: AppMeshControllerOptions): AppMeshController => {
  const { backend, statusMs, askAws, onTaken } = options;
  const view = new ObjectView();

  const current = (kind: MeshKind, key: string): KubeObject | undefined => {
    const [namespace, name] = kind === 'Mesh' ? [undefined, key] : key.split('/');
    return backend.read({
      ...GATEWAY_KINDS[kind],
      ...(namespace === undefined ? {} : { namespace }),
      name: name ?? '',
    });
  };

  const withFinalizers = (object: KubeObject, finalizers: readonly string[]): KubeObject =>
    backend.write({ ...object, metadata: { ...object.metadata, finalizers } }, by);

  const writeStatus = (object: KubeObject, answer: Exclude<AwsAnswer, { type: 'error' }>): void => {
    const before = listAt(object, 'status', 'conditions');
    const { type, ...words } = answer;
    const wanted = { type: conditionType(object), status: type === 'active' ? 'True' : 'False', ...words } as const;
    const status = {
      ...resourceNames(object),
      conditions: [carriedOver(before, wanted, backend.clock.now())],
      observedGeneration: object.metadata.generation,
    };
    if (sameJson(object['status'], status)) return;
    backend.writeStatus(refOf(object), status, by);
  };

  const release = (kind: MeshKind, object: KubeObject): void => {
    const finalizers = object.metadata.finalizers ?? [];
    if (!finalizers.includes(FINALIZER)) return;
    if (isUsed(object, view)) {
      queue.addAfter(`${kind} ${keyOf(object.metadata)}`, RETRY_MS);
      return;
    }
    onTaken({ type: 'DELETED', object });
    withFinalizers(
      object,
      finalizers.filter((name) => name !== FINALIZER),
    );
  };

  const sync = (queued: string): void => {
    const [word = '', key = ''] = queued.split(' ');
    const kind = kindNamed(word);
    const found = kind && current(kind, key);
    if (kind === undefined || found === undefined) return;
    if (found.metadata.deletionTimestamp !== undefined) {
      release(kind, found);
      return;
    }
    const finalizers = found.metadata.finalizers ?? [];
    const object = finalizers.includes(FINALIZER) ? found : withFinalizers(found, [...finalizers, FINALIZER]);
    if (!dependenciesOf(object).every((ref) => isActive(backend.read(ref)))) return;
    const answer = askAws(object);
    if (answer.type === 'error') {
      queue.addAfter(queued, RETRY_MS);
      return;
    }
    const wasActive = isActive(object);
    writeStatus(object, answer);
    if (answer.type !== 'active') return;
    onTaken({ type: 'MODIFIED', object });
    if (!wasActive) addAfter(kind);
  };

  const queue = new KeyQueue({ clock: backend.clock, delayMs: statusMs, sync });

  /** Everything that may have waited for an object of this kind. */
  const addAfter = (kind: MeshKind): void => {
    for (const later of KINDS.slice(KINDS.indexOf(kind) + 1)) {
      for (const object of view.list(later)) queue.add(`${later} ${keyOf(object.metadata)}`);
    }
  };

  return {
    onEvent: (event) => {
      const kind = view.apply(event);
      const own = kind && kindNamed(kind);
      if (own === undefined) return;
      if (event.type !== 'DELETED') queue.add(`${own} ${keyOf(event.object.metadata)}`);
      addAfter(own);
    },
    stop: () => queue.stop(),
  };
};
