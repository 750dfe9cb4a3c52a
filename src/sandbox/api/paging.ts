import { isRecord } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { ServedResource } from './resources.ts';
import type { Selector } from './selectors.ts';
import { ApiError, badRequest, expired } from './status.ts';
import { type Store, storageKey } from './store.ts';

export type Page = {
  readonly items: readonly KubeObject[];
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
};

type ListRequest = {
  readonly resource: ServedResource;
  readonly namespace?: string | undefined;
  readonly selector: Selector | undefined;
  readonly query: Readonly<Record<string, string>>;
};

/** Reads a resourceVersion. Throws 400 when it is no number. */
export const parseRevision = (text: string): number => {
  if (!/^\d+$/.test(text)) throw badRequest(`Invalid value: ${JSON.stringify(text)}: resourceVersion must be a number`);
  return Number(text);
};

/**
 * One page of a list. Its token names the revision of the first page, so that all pages show one state; when that is
 * forgotten the token is answered with 410.
 */
export const listPage = (store: Store, { resource, namespace, selector, query }: ListRequest): Page => {
  const limit = query['limit'] === undefined ? 0 : Number(query['limit']);
  if (!Number.isInteger(limit) || limit < 0)
    throw badRequest(`Invalid value: ${JSON.stringify(query['limit'])}: limit must be a whole number`);
  const { revision, after } = startOf(store, { query, limit });
  const all =
    revision === store.revision
      ? store.list(resource, namespace)
      : past(store, { resource, revision, token: query['continue'] });
  const range = all.filter(
    (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) &&
      (after === undefined || storageKey(object) > after),
  );
  const fits = selector === undefined ? range : range.filter(selector);
  const items = limit === 0 ? fits : fits.slice(0, limit);
  const last = items.at(-1);
  const remaining = fits.length - items.length;
  // A full page does not know whether the selection goes on: there is more while any object is behind it.
  const isFull = limit > 0 && items.length === limit && last !== undefined && range.at(-1) !== last;
  return {
    items,
    metadata: {
      resourceVersion: String(revision),
      ...(isFull ? { continue: tokenOf({ revision, after: storageKey(last) }) } : {}),
      ...(remaining > 0 && selector === undefined ? { remainingItemCount: remaining } : {}),
    },
  };
};

const past = (
  store: Store,
  { resource, revision, token }: { resource: ServedResource; revision: number; token: string | undefined },
): readonly KubeObject[] => {
  if (revision < store.compacted) {
    throw expired(
      token === undefined
        ? 'The resourceVersion for the provided list is too old.'
        : 'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    );
  }
  return store.listAt(resource, revision);
};

type Start = { readonly revision: number; readonly after?: string };

const startOf = (store: Store, { query, limit }: { query: ListRequest['query']; limit: number }): Start => {
  const { continue: token = '', resourceVersion = '', resourceVersionMatch: match = '' } = query;
  if (token !== '') {
    if (resourceVersion !== '' && resourceVersion !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    return parseToken(token);
  }
  if (match !== '' && match !== 'Exact' && match !== 'NotOlderThan')
    throw badRequest(`resourceVersionMatch: unsupported value ${match}`);
  if (resourceVersion === '' && match !== '')
    throw badRequest('resourceVersionMatch is forbidden unless resourceVersion is provided');
  const revision = resourceVersion === '' ? 0 : parseRevision(resourceVersion);
  if (revision > store.revision) throw tooLarge(revision, store.revision);
  const exact = match === 'Exact' || (match === '' && limit > 0 && revision > 0);
  return { revision: exact ? revision : store.revision };
};

/** A revision that this server has not seen yet. */
const tooLarge = (revision: number, current: number): ApiError =>
  new ApiError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${revision}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version', field: '' }],
      retryAfterSeconds: 1,
    },
  });

const tokenOf = (start: Start): string => Buffer.from(JSON.stringify(start)).toString('base64url');

const parseToken = (token: string): Start => {
  const wrong = badRequest('continue key is not valid');
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    throw wrong;
  }
  if (!isRecord(parsed) || typeof parsed['revision'] !== 'number' || typeof parsed['after'] !== 'string') throw wrong;
  return { revision: parsed['revision'], after: parsed['after'] };
};
