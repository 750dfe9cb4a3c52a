import { at, isRecord, listAt, stringAt } from '../../lib/json.ts';
import type { HttpRequest } from '../network/http.ts';

/** A request taken apart once for all rules. */
export type ParsedRequest = {
  readonly request: HttpRequest;
  readonly host: string;
  readonly path: string;
  readonly query: URLSearchParams;
};

export type Condition = { readonly name: string; readonly test: (value: string) => boolean };

/** One `matches[]` entry of an HTTPRoute, ready to be used. */
export type RequestMatch = {
  readonly path: { readonly type: 'Exact' | 'PathPrefix'; readonly value: string };
  readonly method: string | undefined;
  readonly headers: readonly Condition[];
  readonly query: readonly Condition[];
};

export const parseRequest = (request: HttpRequest): ParsedRequest => {
  const mark = request.path.indexOf('?');
  const path = mark === -1 ? request.path : request.path.slice(0, mark);
  const query = new URLSearchParams(mark === -1 ? '' : request.path.slice(mark + 1));
  return { request, host: request.host.toLowerCase(), path, query };
};

/** True when `prefix` is the path or ends at one of its slashes: `/a` covers `/a` and `/a/b`, not `/ab`. */
export const underPath = (path: string, prefix: string): boolean => {
  const trimmed = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  return path === trimmed || path.startsWith(`${trimmed}/`);
};

const conditionsOf = (match: unknown, field: 'headers' | 'queryParams'): readonly Condition[] => {
  // Of entries with the same name only the first counts.
  const conditions = new Map<string, Condition>();
  for (const entry of listAt(match, field)) {
    const written = stringAt(entry, 'name') ?? '';
    const name = field === 'headers' ? written.toLowerCase() : written;
    const value = stringAt(entry, 'value') ?? '';
    const pattern = stringAt(entry, 'type') === 'RegularExpression' ? new RegExp(`^(?:${value})$`) : undefined;
    if (conditions.has(name)) continue;
    conditions.set(name, { name, test: (given) => (pattern === undefined ? given === value : pattern.test(given)) });
  }
  return [...conditions.values()];
};

/** What of a match the sandbox does not do, in words; undefined when it does all of it. */
export const unsupportedMatch = (match: unknown): string | undefined => {
  const type = stringAt(match, 'path', 'type') ?? 'PathPrefix';
  if (type !== 'Exact' && type !== 'PathPrefix') return `path match type ${type}`;
  for (const field of ['headers', 'queryParams'] as const) {
    for (const entry of listAt(match, field)) {
      if (stringAt(entry, 'type') !== 'RegularExpression') continue;
      try {
        new RegExp(stringAt(entry, 'value') ?? '');
      } catch {
        return `regular expression ${JSON.stringify(at(entry, 'value'))}`;
      }
    }
  }
  return undefined;
};

/** The match of one `matches[]` entry; undefined stands for the default, everything. */
export const compileMatch = (match: unknown): RequestMatch => ({
  path: {
    type: stringAt(match, 'path', 'type') === 'Exact' ? 'Exact' : 'PathPrefix',
    value: stringAt(match, 'path', 'value') ?? '/',
  },
  method: isRecord(match) ? stringAt(match, 'method') : undefined,
  headers: conditionsOf(match, 'headers'),
  query: conditionsOf(match, 'queryParams'),
});

export const matches = (match: RequestMatch, { request, path, query }: ParsedRequest): boolean =>
  (match.path.type === 'Exact' ? path === match.path.value : underPath(path, match.path.value)) &&
  (match.method === undefined || match.method === request.method) &&
  match.headers.every(({ name, test }) => Object.hasOwn(request.headers, name) && test(request.headers[name] ?? '')) &&
  match.query.every(({ name, test }) => query.has(name) && test(query.get(name) ?? ''));

/** Gateway API's order of precedence among matches of the same host. Negative when `a` goes first. */
export const byPrecedence = (a: RequestMatch, b: RequestMatch): number =>
  Number(b.path.type === 'Exact') - Number(a.path.type === 'Exact') ||
  b.path.value.length - a.path.value.length ||
  Number(b.method !== undefined) - Number(a.method !== undefined) ||
  b.headers.length - a.headers.length ||
  b.query.length - a.query.length;
