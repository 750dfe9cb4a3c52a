import type { HttpRequest } from '../../network/http.ts';
import { parseRequest } from '../request-match.ts';

/** What a route changes of a request before a pod gets it. */
export type RequestChanges = {
  readonly host?: string | undefined;
  /** The path without its query, from the one that was asked for. */
  readonly path?: ((path: string) => string) | undefined;
  /** Names in any case. */
  readonly set?: Readonly<Record<string, string>>;
  readonly add?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
};

/** The request as a pod gets it. */
export const changed = (
  request: HttpRequest,
  { host, path, set = {}, add = {}, remove = [] }: RequestChanges,
): HttpRequest => {
  const headers: Record<string, string> = { ...request.headers };
  for (const name of remove) delete headers[name.toLowerCase()];
  for (const [name, value] of Object.entries(set)) headers[name.toLowerCase()] = value;
  for (const [name, value] of Object.entries(add)) {
    const before = headers[name.toLowerCase()];
    headers[name.toLowerCase()] = before === undefined ? value : `${before},${value}`;
  }
  const asked = parseRequest(request).path;
  const query = request.path.slice(asked.length);
  return {
    ...request,
    host: host ?? request.host,
    path: path === undefined ? request.path : `${path(asked)}${query}`,
    headers,
  };
};
