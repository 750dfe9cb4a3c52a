import type { HttpRequest } from '../../network/http.ts';
import { changedHeaders, type HeaderChanges } from '../header-changes.ts';
import { parseRequest } from '../request-match.ts';

/** What a route changes of a request before a pod gets it. */
export type RequestChanges = HeaderChanges & {
  readonly host?: string | undefined;
  /** The path without its query, from the one that was asked for. */
  readonly path?: ((path: string) => string) | undefined;
};

/** The request as a pod gets it. */
export const changed = (request: HttpRequest, { host, path, ...headers }: RequestChanges): HttpRequest => {
  const asked = parseRequest(request).path;
  const query = request.path.slice(asked.length);
  return {
    ...request,
    host: host ?? request.host,
    path: path === undefined ? request.path : `${path(asked)}${query}`,
    headers: changedHeaders(request.headers, headers),
  };
};
