import { CANARY_UID_LABEL } from '../../api/names.ts';
import { baselineAnnotation, isMadeFor, readBaseline } from '../../api/ownership.ts';
import { kindWord, RESOURCES } from '../../kube/resources.ts';
import type { JsonRecord } from '../../lib/json.ts';
import type { KubeObject, OwnerReference, Resource } from '../../lib/kube-object.ts';
import { refOf } from '../../lib/kube-object.ts';
import type { FlaggerDeps } from './flagger-deps.ts';

/** Kinds of which Flagger makes objects that its Canary owns, and that Serin makes for its own. */
const KINDS: readonly Resource[] = [
  RESOURCES.service,
  RESOURCES.deployment,
  RESOURCES.daemonSet,
  RESOURCES.configMap,
  RESOURCES.secret,
  RESOURCES.horizontalPodAutoscaler,
  RESOURCES.scaledObject,
  RESOURCES.httpRoute,
  RESOURCES.ingress,
  RESOURCES.virtualService,
  RESOURCES.destinationRule,
  RESOURCES.virtualNode,
  RESOURCES.virtualRouter,
  RESOURCES.appMeshVirtualService,
  RESOURCES.routeTable,
  RESOURCES.upstream,
];

type At = Parameters<FlaggerDeps['caches']['byIndex']>[1];

const objectsAt = ({ caches }: FlaggerDeps, at: At): readonly KubeObject[] =>
  KINDS.flatMap((kind) => caches.byIndex(kindWord(kind), at));

/** What the garbage collector would take away with a flagger.app Canary, also while its target runs nothing. */
export const ownedBy = (uid: string, deps: FlaggerDeps): readonly KubeObject[] =>
  objectsAt(deps, { index: 'owner', value: uid });

/** What was made, or made its own, for the shadow with this uid. */
export const madeFor = (uid: string, deps: FlaggerDeps): readonly KubeObject[] =>
  objectsAt(deps, { index: 'canaryUid', value: uid });

/** Writes metadata of one object as it was seen; a conflict is an error, and everything is looked at again. */
export const writeMetadata = async (
  object: KubeObject,
  metadata: JsonRecord,
  { writer }: FlaggerDeps,
): Promise<void> => {
  const { resourceVersion } = object.metadata;
  await writer.merge(refOf(object), { metadata: { resourceVersion, ...metadata } });
};

/** Takes an object off its flagger.app Canary, and marks it as made for the shadow, with which it goes. */
export const adopt = (
  object: KubeObject,
  of: { readonly original: string; readonly shadow: string },
  deps: FlaggerDeps,
): Promise<void> => {
  const owners = (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== of.original);
  return writeMetadata(object, { ownerReferences: owners, labels: { [CANARY_UID_LABEL]: of.shadow } }, deps);
};

/**
 * Marks an apex Service that was there before Flagger as adopted by the shadow. What Flagger put into its selector is no
 * baseline: it is handed back to the target's own labels.
 */
export const adoptApex = async (
  shadow: KubeObject,
  of: { readonly namespace: string; readonly name: string },
  deps: FlaggerDeps,
): Promise<void> => {
  const apex = deps.caches.get({ apiVersion: 'v1', kind: 'Service', ...of });
  const { uid = '' } = shadow.metadata;
  if (apex === undefined || isMadeFor(apex, uid) || readBaseline(apex) !== undefined) return;
  await writeMetadata(apex, { annotations: baselineAnnotation({ canaryUid: uid, value: {} }) }, deps);
};

/** The reference by which Flagger's Canary owns what was made for it. */
export const ownerReference = ({ apiVersion, kind, metadata }: KubeObject): OwnerReference => ({
  apiVersion,
  kind,
  name: metadata.name,
  uid: metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
});
