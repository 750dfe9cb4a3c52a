import type { JsonRecord } from '#src/lib/json.ts';
import { isRecord, listAt, numberAt, recordAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { Traffic } from '#test/contract/router-case.ts';
import { aRequest, type SampleRequest } from '#test/contract/sample-request.ts';
import type { RouteWorld } from './route-world.ts';

type Match = {
  readonly match: JsonRecord;
  readonly rule: unknown;
};

export const routesOf = (world: RouteWorld): readonly KubeObject[] =>
  world.all().filter(({ kind }) => kind === 'HTTPRoute');

const pathOf = (match: unknown): string =>
  `${stringAt(match, 'path', 'type') ?? 'PathPrefix'} ${stringAt(match, 'path', 'value') ?? '/'}`;

/** As a plane that finds regular expressions anywhere in a value: the anchors must be in the expression. */
const fits = (entry: unknown, given: string | undefined): boolean => {
  const value = stringAt(entry, 'value') ?? '';
  if (given === undefined) return false;
  return stringAt(entry, 'type') === 'RegularExpression' ? new RegExp(value).test(given) : given === value;
};

const matches = ({ match }: Match, { request, path }: { request: SampleRequest; path: string }): boolean =>
  pathOf(match) === path &&
  (match['method'] ?? request.method) === request.method &&
  listAt(match, 'headers').every((it) => fits(it, request.headers[(stringAt(it, 'name') ?? '').toLowerCase()])) &&
  listAt(match, 'queryParams').every((it) => fits(it, request.query[stringAt(it, 'name') ?? '']));

/** The API's order among matches of one path; where it leaves a tie, the first of the route wins. */
const byPrecedence = (a: Match, b: Match): number =>
  Number(b.match['method'] !== undefined) - Number(a.match['method'] !== undefined) ||
  listAt(b.match, 'headers').length - listAt(a.match, 'headers').length ||
  listAt(b.match, 'queryParams').length - listAt(a.match, 'queryParams').length;

const weightOf = (backend: unknown): number => numberAt(backend, 'weight') ?? 1;

/** What a backend adds to its answers as Set-Cookie. */
const setCookieOf = (rule: unknown, name: string): string | undefined =>
  listAt(rule, 'backendRefs')
    .filter((backend) => stringAt(backend, 'name') === name)
    .flatMap((backend) => listAt(backend, 'filters'))
    .flatMap((filter) => listAt(filter, 'responseHeaderModifier', 'add'))
    .flatMap((header) => (stringAt(header, 'name')?.toLowerCase() === 'set-cookie' ? [stringAt(header, 'value')] : []))
    .at(0);

/** Shares of a rule's backends: relative weights. */
const sharesOf = (rule: unknown): Traffic => {
  const backends = listAt(rule, 'backendRefs');
  const total = backends.reduce<number>((sum, backend) => sum + weightOf(backend), 0);
  const share = (backend: unknown): number => (weightOf(backend) * 100) / total;
  const of = (...names: readonly string[]): number =>
    backends
      .filter((backend) => names.includes(stringAt(backend, 'name') ?? ''))
      .reduce<number>((sum, backend) => sum + share(backend), 0);
  const other = backends.filter((backend) => !stringAt(backend, 'name')?.startsWith('podinfo'));
  const mirrors = listAt(rule, 'filters')
    .map((filter) => recordAt(filter, 'requestMirror'))
    .filter((mirror) => stringAt(mirror, 'backendRef', 'name') === 'podinfo-canary');
  const [primary, canary] = [setCookieOf(rule, 'podinfo-primary'), setCookieOf(rule, 'podinfo-canary')];
  return {
    primary: of('podinfo', 'podinfo-primary'),
    canary: of('podinfo-canary'),
    other: Object.fromEntries(other.map((backend) => [stringAt(backend, 'name') ?? '', share(backend)])),
    ...(primary === undefined && canary === undefined ? {} : { sets: { primary, canary } }),
    mirrored: mirrors.reduce((sum, mirror) => sum + (numberAt(mirror, 'percent') ?? 100), 0),
  };
};

/** What the Gateway API's rules make of a request, for each path that the routes name. */
export const routeTraffic = (world: RouteWorld, request = aRequest()): readonly Traffic[] => {
  const all = routesOf(world)
    .flatMap((route) => listAt(route, 'spec', 'rules'))
    .flatMap((rule) =>
      listAt(rule, 'matches')
        .filter(isRecord)
        .map((match): Match => ({ match, rule })),
    )
    .toSorted(byPrecedence);
  return [...new Set(all.map(({ match }) => pathOf(match)))].sort().map((path) => {
    const winner = all.find((match) => matches(match, { request, path }));
    return winner === undefined ? { primary: 0, canary: 0, other: {} } : sharesOf(winner.rule);
  });
};
