import { apiVersionOf } from '../../kube/resources.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { omit } from './json-copy.ts';
import type { ServedResource } from './resources.ts';
import { notAcceptable } from './status.ts';

/** How a client wants objects: whole, or their metadata alone. */
export type Representation = 'object' | 'metadata';

/** The first clause of an Accept header that is served. Throws 406 when there is none. */
export const representationOf = (accept = '*/*'): Representation => {
  for (const clause of accept.split(',')) {
    const [type, ...parameters] = clause.split(';').map((part) => part.trim());
    const as = parameters.find((parameter) => parameter.startsWith('as='))?.slice(3);
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue;
    if (as === undefined) return 'object';
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'metadata';
  }
  throw notAcceptable(accept);
};

/** The object as `representation` shows it. */
export const represent = (object: KubeObject, representation: Representation): KubeObject =>
  representation === 'object'
    ? object
    : { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };

type ListMetadata = {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
};

/** A list as the API server writes it. */
export const representList = (
  resource: ServedResource,
  items: readonly KubeObject[],
  { representation, metadata }: { readonly representation: Representation; readonly metadata: ListMetadata },
): unknown =>
  representation === 'metadata'
    ? {
        kind: 'PartialObjectMetadataList',
        apiVersion: 'meta.k8s.io/v1',
        metadata,
        items: items.map((object) => represent(object, representation)),
      }
    : {
        kind: `${resource.kind}List`,
        apiVersion: apiVersionOf(resource),
        metadata,
        items: resource.typed ? items.map((object) => omit(object, 'apiVersion', 'kind')) : items,
      };

/** What a BOOKMARK event carries: no object, only how far the watch has come. */
export const bookmarkOf = (resource: ServedResource, revision: number, representation: Representation): unknown => ({
  ...(representation === 'metadata'
    ? { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' }
    : { kind: resource.kind, apiVersion: apiVersionOf(resource) }),
  metadata: { resourceVersion: String(revision) },
});
