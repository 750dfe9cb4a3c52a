import type { JsonRecord } from '../../lib/json.ts';
import { isRecord, listAt, stringAt } from '../../lib/json.ts';
import type { Affinity, Cookie } from '../../rollout/exposure.ts';
import { affinityFrom, roundedShare, waysOf } from '../affinity-ways.ts';
import { cookieOf } from '../cookie-regex.ts';
import { setCookie } from '../set-cookie.ts';
import { cookieSetBy, touchesSetCookie, withCookie } from './destination-cookie.ts';
import type { Sides } from './destinations.ts';
import { pairsOf } from './destinations.ts';
import { pinnedMatch } from './pin-match.ts';
import { matchesOf, renamed } from './route-parts.ts';
import { canaryPercentOf, withCanaryPercent } from './weights.ts';

/** Name of the routes that Serin puts before one of ours for clients that hold a cookie of a run. */
const KEPT = 'serin-kept-';

/** True for such a route. */
export const isKept = (route: unknown): boolean => (stringAt(route, 'name') ?? '').startsWith(KEPT);

/** The route with each side's destinations giving their clients a cookie. */
const withCookies = (route: JsonRecord, { sides, affinity }: { sides: Sides; affinity: Affinity }): JsonRecord => {
  const pairs = pairsOf(route, sides);
  const entries = listAt(route, 'route').map((entry, index) => {
    if (!isRecord(entry)) return entry;
    const pair = pairs.find(({ at }) => at.primary === index || at.canary === index);
    if (pair === undefined) return entry;
    const side = pair.at.canary === index ? 'canary' : 'primary';
    return withCookie(entry, setCookie(affinity[side], affinity.attributes));
  });
  return { ...route, route: entries };
};

/** Throws a RangeError where something else changes the header by which clients are kept. */
const assertKeepable = (route: JsonRecord): void => {
  if (![route, ...listAt(route, 'route')].some(touchesSetCookie)) return;
  throw new RangeError(
    'Cannot write the route: its headers change set-cookie, by which clients are kept; want that away',
  );
};

/** Throws a RangeError where a route's weights are so large that such a share cannot be told from its neighbours. */
const assertShare = (
  route: JsonRecord,
  { sides, percent }: { readonly sides: Sides; readonly percent: number },
): void => {
  if (roundedShare(canaryPercentOf(route, sides) ?? 0) === percent) return;
  throw new RangeError(
    `Cannot write the route: its weights are too large for a share of ${percent} %; want weights up to 100`,
  );
};

/**
 * A route of ours with cookies, and before it those for the clients that hold one: the canary's go to the canary, the
 * primary's to the primary, those of the step before by a split of their own. Shares of other destinations stay. Who
 * holds several is the canary's.
 */
export const affinityRoutes = (
  weighted: JsonRecord,
  { affinity, sides, number }: { readonly affinity: Affinity; readonly sides: Sides; readonly number: number },
): readonly JsonRecord[] => {
  assertKeepable(weighted);
  const kept = waysOf(affinity).flatMap(({ name, cookie, percent }): readonly JsonRecord[] => {
    const match = matchesOf(weighted).flatMap(
      (one) => pinnedMatch(one, [{ on: 'cookie', op: 'exact', ...cookie }]) ?? [],
    );
    if (match.length === 0) return [];
    const led = withCookies(withCanaryPercent(weighted, { sides, percent }), { sides, affinity });
    assertShare(led, { sides, percent });
    return [{ ...renamed(led, `${KEPT}${name}-${number}`), match }];
  });
  return [...kept, withCookies(weighted, { sides, affinity })];
};

/** The cookie by which a route knows clients. */
const heldBy = (route: unknown): Cookie | undefined => {
  const cookie = cookieOf(stringAt(listAt(route, 'match')[0], 'headers', 'cookie', 'regex') ?? '');
  return cookie?.op === 'exact' ? { name: cookie.name, value: cookie.value } : undefined;
};

/** The affinity that stands in a list of routes; undefined when there is none, or not the whole of it. */
export const affinityOf = (routes: readonly unknown[], sides: Sides): Affinity | undefined => {
  const kept = routes.filter(isKept);
  const [pair] = kept.flatMap((route) => pairsOf(route, sides));
  const ways = kept.flatMap((route) => {
    const cookie = heldBy(route);
    return cookie === undefined ? [] : [{ cookie, percent: canaryPercentOf(route, sides) ?? 0 }];
  });
  return affinityFrom(ways, { canary: cookieSetBy(pair?.canary), primary: cookieSetBy(pair?.primary) });
};
