import type { Registry } from './registry.ts';
import type { ServedResource } from './resources.ts';
import { badRequest, noSuchResource, notImplemented } from './status.ts';

/** What a request's path names. */
export type Target = {
  readonly resource: ServedResource;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: 'status' | 'scale' | 'eviction';
};

/** Reads `/api/v1/…` and `/apis/GROUP/VERSION/…`. Throws 404 for what is not served. */
export const parsePath = (path: string, registry: Registry): Target => {
  const [root, ...rest] = path.split('/').slice(1).map(decoded);
  const [group, version, ...below] = root === 'api' ? ['', ...rest] : rest;
  if ((root !== 'api' && root !== 'apis') || group === undefined || version === undefined) throw noSuchResource();
  if (below[0] === 'watch') throw notImplemented('paths with /watch/: use the parameter watch=true');
  const inNamespace = below[0] === 'namespaces' && below.length >= 3 && !isOfNamespace(below[2]);
  const [plural, name, subresource, ...more] = inNamespace ? below.slice(2) : below;
  const namespace = inNamespace ? below[1] : undefined;
  const resource = plural === undefined ? undefined : registry.ofPath({ group, version }, plural);
  if (resource === undefined || more.length > 0) throw noSuchResource();
  // One object of a namespaced kind is reached through its namespace only, and a cluster-scoped one never.
  if (resource.namespaced ? namespace === undefined && name !== undefined : namespace !== undefined)
    throw noSuchResource();
  if (subresource !== undefined && !isSubresource(subresource)) {
    throw notImplemented(`the sub-resource ${resource.plural}/${subresource}`);
  }
  if (subresource !== undefined && !has(resource, subresource)) throw noSuchResource();
  return {
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
};

type Subresource = NonNullable<Target['subresource']>;

const isSubresource = (name: string): name is Subresource => ['status', 'scale', 'eviction'].includes(name);

const has = (resource: ServedResource, subresource: Subresource): boolean =>
  subresource === 'eviction' ? resource.kind === 'Pod' : resource[subresource];

const decoded = (step: string): string => {
  try {
    return decodeURIComponent(step);
  } catch {
    throw badRequest(`Cannot read the path: ${step} is not percent-encoded as it should be`);
  }
};

/** `/api/v1/namespaces/shop/status` is of the namespace itself. */
const isOfNamespace = (part: string | undefined): boolean => part === 'status' || part === 'finalize';
