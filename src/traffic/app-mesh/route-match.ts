import type { JsonRecord } from '../../lib/json.ts';
import { at, listAt, stringAt } from '../../lib/json.ts';
import type { Condition, RequestMatch, ValueMatch } from '../../rollout/request-match.ts';
import { cookieOf, cookieRegex } from '../cookie-regex.ts';
import type { HttpMatch, MatchForms, NamedMatch } from '../service-match.ts';
import type { Protocol } from './listener.ts';

const COMPARED = ['exact', 'prefix', 'regex'] as const;
const HTTP: MatchForms = {
  plane: 'App Mesh',
  uri: COMPARED,
  method: ['exact'],
  scheme: ['exact'],
  headers: COMPARED,
  withoutHeaders: COMPARED,
  queryParams: ['exact'],
  ignoreUriCase: false,
};

/** What App Mesh's routes have of Istio's matches, by protocol. */
export const FORMS: Readonly<Record<Exclude<Protocol, 'tcp'>, MatchForms>> = {
  http: HTTP,
  http2: HTTP,
  grpc: { ...HTTP, plane: "App Mesh's gRPC routes", uri: ['exact', 'prefix'], method: [], scheme: [], queryParams: [] },
};

/** Most headers, and most query parameters, that one route can match by. */
export const MOST_CONDITIONS = 10;

/** Parts of a path `/package.Service/Method`, or of its beginning. */
const GRPC_PATH = /^\/(?:([\w.]+)\/(\w*))?$/;

/** True for a path that means a gRPC service, a method of it, or everything. */
export const isGrpcPath = ({ op, value }: ValueMatch): boolean => {
  const [found, , method] = GRPC_PATH.exec(value) ?? [];
  // A service ends with a slash, a method is whole.
  return found !== undefined && (op === 'exact') === (method !== undefined && method !== '');
};

const compared = ({ op, value }: ValueMatch): JsonRecord => ({ match: { [op]: value } });

const namedMatch = ({ name, inverted, ...match }: NamedMatch): JsonRecord => ({
  name,
  ...compared(match),
  ...(inverted ? { invert: true } : {}),
});

const headerOf = (condition: Condition): JsonRecord =>
  condition.on === 'cookie'
    ? { name: 'cookie', ...compared({ op: 'regex', value: cookieRegex(condition.name, condition) }) }
    : { name: condition.name, ...compared(condition) };

const comparisonOf = (entry: unknown): ValueMatch => {
  for (const op of COMPARED) {
    const value = stringAt(entry, 'match', op);
    if (value !== undefined) return { op, value };
  }
  return { op: 'exact', value: '' };
};

const conditionOf = (header: unknown): Condition => {
  const name = stringAt(header, 'name') ?? '';
  const match = comparisonOf(header);
  const cookie = name === 'cookie' && match.op === 'regex' ? cookieOf(match.value) : undefined;
  return cookie === undefined ? { on: 'header', name, ...match } : { on: 'cookie', ...cookie };
};

const list = (field: string, entries: readonly JsonRecord[]): JsonRecord =>
  entries.length === 0 ? {} : { [field]: entries };

/** The match of a route: everything in `match`, and every condition of `pin`. */
export const routeMatch = (
  match: HttpMatch,
  { pin, protocol }: { readonly pin: RequestMatch; readonly protocol: Protocol },
): JsonRecord => {
  const headers = [...match.headers.map(namedMatch), ...pin.filter(({ on }) => on !== 'query').map(headerOf)];
  if (protocol === 'grpc') {
    const [, serviceName, methodName] = GRPC_PATH.exec(match.uri?.value ?? '') ?? [];
    return {
      ...(serviceName ? { serviceName } : {}),
      ...(methodName ? { methodName } : {}),
      ...list('metadata', headers),
    };
  }
  const query = [...match.query, ...pin.filter(({ on }) => on === 'query')];
  const { uri = { op: 'prefix', value: '/' } } = match;
  return {
    ...(uri.op === 'prefix' ? { prefix: uri.value } : { path: { [uri.op]: uri.value } }),
    ...(match.method === undefined ? {} : { method: match.method.value }),
    ...(match.scheme === undefined ? {} : { scheme: match.scheme.value }),
    ...list('headers', headers),
    ...list(
      'queryParameters',
      query.map(({ name, value }) => ({ name, match: { exact: value } })),
    ),
  };
};

/** The pin in the match of a route: what stands there behind the conditions of `match`. */
export const pinIn = (written: unknown, match: HttpMatch): RequestMatch => {
  const headers = at(written, 'metadata') === undefined ? 'headers' : 'metadata';
  return [
    ...listAt(written, headers).slice(match.headers.length).map(conditionOf),
    ...listAt(written, 'queryParameters')
      .slice(match.query.length)
      .map((entry): Condition => ({ on: 'query', name: stringAt(entry, 'name') ?? '', ...comparisonOf(entry) })),
  ];
};
