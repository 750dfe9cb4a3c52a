import type { JsonRecord } from '../../lib/json.ts';
import { isRecord, listAt, numberAt, sameJson, stringAt } from '../../lib/json.ts';
import type { RequestMatch } from '../../rollout/request-match.ts';
import type { TrafficIntent } from '../router.ts';
import { affinityOf, affinityRoutes, isKept } from './affinity-routes.ts';
import type { Sides } from './destinations.ts';
import { pairsOf } from './destinations.ts';
import { conditionsOf, pinnedMatch } from './pin-match.ts';
import { matchesOf, renamed } from './route-parts.ts';

/** Names of the routes that Serin puts before one of ours: the first that matches a request takes it. */
const PINNED = 'serin-pinned-';
const MIRRORED = 'serin-mirrored-';

/** Methods of requests that may be sent twice. */
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** What becomes of the requests of a route beside its weights. */
export type Extras = { readonly [Field in 'pinned' | 'mirror' | 'affinity']?: TrafficIntent[Field] | undefined };

const nameOf = (route: unknown): string => stringAt(route, 'name') ?? '';

/** True for a route that Serin has put before another one. */
export const isExtra = (route: unknown): boolean =>
  nameOf(route).startsWith(PINNED) || isMirrored(route) || isKept(route);

/** True for such a route that holds a share of the traffic: a pinned one leads to the canary whatever the share. */
export const isMirrored = (route: unknown): boolean => nameOf(route).startsWith(MIRRORED);

const pinnedRoute = (
  route: JsonRecord,
  {
    pinned,
    sides,
    number,
  }: { readonly pinned: readonly RequestMatch[]; readonly sides: Sides; readonly number: number },
): readonly JsonRecord[] => {
  const match = pinned.flatMap((conditions) => matchesOf(route).flatMap((one) => pinnedMatch(one, conditions) ?? []));
  const canary = pairsOf(route, sides)[0]?.canary;
  if (match.length === 0 || canary === undefined) return [];
  return [{ ...renamed(route, `${PINNED}${number}`), match, route: [{ ...canary, weight: 100 }] }];
};

const isWhole = (text: string, regex: string): boolean => {
  try {
    return new RegExp(`^(?:${regex})$`).test(text);
  } catch {
    // RE2 that JavaScript does not know: whether it takes the method cannot be told.
    return false;
  }
};

/** The match limited to safe methods; nothing when it takes none of them. */
const safeMatch = (match: JsonRecord): readonly JsonRecord[] => {
  const exact = stringAt(match, 'method', 'exact');
  const prefix = stringAt(match, 'method', 'prefix');
  const regex = stringAt(match, 'method', 'regex');
  const methods = SAFE_METHODS.filter(
    (method) =>
      (exact === undefined || exact === method) &&
      (prefix === undefined || method.startsWith(prefix)) &&
      (regex === undefined || isWhole(method, regex)),
  );
  return methods.length === 0 ? [] : [{ ...match, method: { regex: methods.join('|') } }];
};

/** Throws a RangeError for an alternative that fits no request of any route, or a mirror of which no route has any. */
export const assertReachable = (routes: readonly JsonRecord[], { pinned = [], mirror }: Extras): void => {
  if (mirror !== undefined && routes.flatMap(matchesOf).flatMap(safeMatch).length === 0) {
    throw new RangeError(
      `Cannot write the route: it takes no ${SAFE_METHODS.join(', ')}, and nothing else is mirrored; want weights`,
    );
  }
  const idle = pinned.find(
    (conditions) => !routes.flatMap(matchesOf).some((match) => pinnedMatch(match, conditions) !== undefined),
  );
  if (idle === undefined) return;
  const names = idle.map(({ on, name }) => `${on} ${name}`).join(' and ');
  throw new RangeError(
    `Cannot write the route: no request fits the pin by ${names}, as the route asks for another value; want a value that it takes`,
  );
};

/** The mirrors of a route with one more; Istio takes `mirror` or `mirrors`, not both. */
const withMirror = (route: JsonRecord, to: { readonly destination: unknown; readonly percent: number }): JsonRecord => {
  const { mirror, mirrors, mirrorPercentage, mirrorPercent: _, mirror_percent: __, ...rest } = route;
  const percentage = { value: to.percent };
  const old = numberAt(route, 'mirrorPercent') ?? numberAt(route, 'mirror_percent');
  const before = mirrorPercentage ?? (old === undefined ? undefined : { value: old });
  const others = isRecord(mirror)
    ? [{ destination: mirror, ...(before === undefined ? {} : { percentage: before }) }]
    : listAt({ mirrors }, 'mirrors');
  if (others.length === 0) return { ...rest, mirror: to.destination, mirrorPercentage: percentage };
  return { ...rest, mirrors: [...others, { destination: to.destination, percentage }] };
};

const mirroredRoute = (
  route: JsonRecord,
  { mirror, sides, number }: { readonly mirror: number; readonly sides: Sides; readonly number: number },
): readonly JsonRecord[] => {
  const match = matchesOf(route).flatMap(safeMatch);
  const canary = pairsOf(route, sides)[0]?.canary;
  if (match.length === 0 || canary === undefined) return [];
  const limited = { ...renamed(route, `${MIRRORED}${number}`), match };
  return [withMirror(limited, { destination: canary['destination'], percent: mirror })];
};

/** A route of ours, whose weights are written already, behind the routes that go before it: pinned ones first, as they win. */
export const withExtras = (
  route: JsonRecord,
  { extras, sides, number }: { readonly extras: Extras; readonly sides: Sides; readonly number: number },
): readonly JsonRecord[] => {
  const { pinned, mirror, affinity } = extras;
  if (affinity !== undefined) return affinityRoutes(route, { affinity, sides, number });
  return [
    ...(pinned === undefined ? [] : pinnedRoute(route, { pinned, sides, number })),
    ...(mirror === undefined ? [] : mirroredRoute(route, { mirror, sides, number })),
    route,
  ];
};

/** The shortest way in which a pinned match narrows one of the route's. */
const narrowing = (match: unknown, route: unknown): readonly RequestMatch[] => {
  const found = matchesOf(route).flatMap((base): readonly RequestMatch[] => {
    const conditions = isRecord(match) ? conditionsOf(match, base) : undefined;
    return conditions === undefined ? [] : [conditions];
  });
  const shortest = found.reduce<RequestMatch | undefined>(
    (best, one) => (best !== undefined && best.length <= one.length ? best : one),
    undefined,
  );
  return shortest === undefined ? [] : [shortest];
};

const mirrorPercentOf = (route: unknown): number =>
  numberAt(route, 'mirrorPercentage', 'value') ?? numberAt(listAt(route, 'mirrors').at(-1), 'percentage', 'value') ?? 0;

/** What stands of pins, mirrors and affinity in a list of routes. */
export const extrasOf = (
  routes: readonly unknown[],
  sides: Sides,
): Pick<TrafficIntent, 'pinned' | 'mirror' | 'affinity'> => {
  const pinned: RequestMatch[] = [];
  let mirror = 0;
  for (const [index, route] of routes.entries()) {
    if (isMirrored(route)) mirror = Math.max(mirror, mirrorPercentOf(route));
    if (!nameOf(route).startsWith(PINNED)) continue;
    const base = routes.slice(index).find((other) => !isExtra(other));
    for (const conditions of listAt(route, 'match').flatMap((match) => narrowing(match, base))) {
      if (!pinned.some((known) => sameJson(known, conditions))) pinned.push(conditions);
    }
  }
  const affinity = affinityOf(routes, sides);
  return {
    ...(pinned.length === 0 ? {} : { pinned }),
    ...(mirror === 0 ? {} : { mirror }),
    ...(affinity === undefined ? {} : { affinity }),
  };
};
