import type { JsonRecord } from '../../lib/json.ts';
import { at, isRecord, listAt, stringAt } from '../../lib/json.ts';
import { literalOf, literalPattern } from '../../lib/literal-pattern.ts';
import type { Condition, RequestMatch, ValueMatch } from '../../rollout/request-match.ts';
import { cookieOf, cookieRegex } from '../cookie-regex.ts';
import type { RouteRef } from '../router.ts';
import { type HttpMatch, type MatchForms, matchesOf, type NamedMatch } from '../service-match.ts';

const ANY = '.*';
/** To Gloo an empty value asks only that the name is there. */
const EMPTY = '^$';

/** What Gloo's matchers have of Istio's. Hosts are its VirtualService's. */
export const FORMS: MatchForms = {
  plane: 'Gloo',
  uri: ['exact', 'prefix', 'regex'],
  method: ['exact'],
  scheme: [],
  headers: ['exact', 'prefix', 'regex'],
  withoutHeaders: ['exact', 'prefix', 'regex'],
  queryParams: ['exact', 'prefix', 'regex'],
  ignoreUriCase: true,
};

/** Gloo knows text and patterns only. Patterns of users get parentheses, so that they are never taken for prefixes. */
const written = ({ op, value }: ValueMatch): JsonRecord => {
  if (op === 'exact') return value === '' ? { regex: true, value: EMPTY } : { value };
  return { regex: true, value: op === 'prefix' ? `${literalPattern(value)}${ANY}` : `(?:${value})` };
};

const read = (matcher: unknown): ValueMatch => {
  const value = stringAt(matcher, 'value') ?? '';
  if (at(matcher, 'regex') !== true) return { op: 'exact', value };
  if (value === EMPTY) return { op: 'exact', value: '' };
  const prefix = value.endsWith(ANY) ? literalOf(value.slice(0, -ANY.length)) : undefined;
  if (prefix !== undefined) return { op: 'prefix', value: prefix };
  const isWrapped = value.startsWith('(?:') && value.endsWith(')');
  return { op: 'regex', value: isWrapped ? value.slice(3, -1) : value };
};

const namedMatcher = ({ name, inverted, ...match }: NamedMatch): JsonRecord => ({
  name,
  ...written(match),
  ...(inverted ? { invertMatch: true } : {}),
});

const headerOf = (condition: Condition): JsonRecord =>
  condition.on === 'cookie'
    ? { name: 'cookie', regex: true, value: cookieRegex(condition.name, condition) }
    : { name: condition.name, ...written(condition) };

const conditionOf = (header: unknown): Condition => {
  const name = stringAt(header, 'name') ?? '';
  const cookie = name === 'cookie' ? cookieOf(stringAt(header, 'value') ?? '') : undefined;
  return cookie === undefined ? { on: 'header', name, ...read(header) } : { on: 'cookie', ...cookie };
};

/** The matcher that `match` and every condition of `pin` fit. */
const matcherOf = (match: HttpMatch, { pin, hasPaths }: { pin: RequestMatch; hasPaths: boolean }): JsonRecord => {
  const headers = [...match.headers.map(namedMatcher), ...pin.filter(({ on }) => on !== 'query').map(headerOf)];
  const query = [
    ...match.query.map(namedMatcher),
    ...pin.filter(({ on }) => on === 'query').map(({ name, ...value }) => ({ name, ...written(value) })),
  ];
  const path = match.uri ?? (hasPaths ? { op: 'prefix' as const, value: '/' } : undefined);
  return {
    ...(path === undefined ? {} : { [path.op]: path.value }),
    ...(match.ignoreUriCase ? { caseSensitive: false } : {}),
    ...(match.method === undefined ? {} : { methods: [match.method.value] }),
    ...(headers.length === 0 ? {} : { headers }),
    ...(query.length === 0 ? {} : { queryParameters: query }),
  };
};

/**
 * Matchers of a route: any of them may fit. The conditions of the route that delegates to it are added, and its path
 * where the Canary has none; otherwise Gloo would leave out a route that does not repeat them.
 */
export type Matchers = {
  readonly inheritableMatchers: true;
  readonly inheritablePathMatchers?: true;
  readonly matchers?: readonly JsonRecord[];
};

const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** What a matcher leaves of the safe methods; undefined when that is none. */
const safely = (matcher: JsonRecord): JsonRecord | undefined => {
  const own = listAt(matcher, 'methods');
  const methods = own.length === 0 ? SAFE_METHODS : SAFE_METHODS.filter((method) => own.includes(method));
  return methods.length === 0 ? undefined : { ...matcher, methods };
};

/**
 * Matchers of the requests that `spec.service.match` describes, and of those among them that any of `pinned` fits or
 * that are safe to be repeated; undefined when there are no such requests.
 */
export const matchersFor = (
  { options }: RouteRef,
  { pinned = [[]], onlySafe = false }: { readonly pinned?: readonly RequestMatch[]; readonly onlySafe?: boolean },
): Matchers | undefined => {
  const matches = matchesOf(options);
  const hasPaths = matches.some(({ uri }) => uri !== undefined);
  const all = matches.flatMap((match) => pinned.map((pin) => matcherOf(match, { pin, hasPaths })));
  const matchers = onlySafe ? all.map(safely).filter((matcher) => matcher !== undefined) : all;
  if (matchers.length === 0) return undefined;
  return {
    inheritableMatchers: true,
    ...(hasPaths ? {} : { inheritablePathMatchers: true }),
    ...(matchers.some((matcher) => Object.keys(matcher).length > 0) ? { matchers } : {}),
  };
};

/** The pins that a route's matchers stand for: those beside the first entry of `spec.service.match`. */
export const pinsOf = (route: unknown, { options }: RouteRef): readonly RequestMatch[] => {
  const matches = matchesOf(options);
  const matchers = listAt(route, 'matchers').filter(isRecord);
  return matchers.slice(0, Math.ceil(matchers.length / matches.length)).map((matcher) => [
    ...listAt(matcher, 'headers').slice(matches[0]?.headers.length).map(conditionOf),
    ...listAt(matcher, 'queryParameters')
      .slice(matches[0]?.query.length)
      .map((item): Condition => ({ on: 'query', name: stringAt(item, 'name') ?? '', ...read(item) })),
  ]);
};
