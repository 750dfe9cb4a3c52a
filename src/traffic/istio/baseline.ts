import { readBaseline } from '../../api/ownership.ts';
import { hashOf } from '../../lib/hash.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { at, isRecord, listAt, recordAt, sameJson } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { Sides } from './destinations.ts';
import { pairsOf } from './destinations.ts';
import type { RouteList } from './routes.ts';
import { baseRoutes, isOurs, LISTS } from './routes.ts';
import { withApex, withCanaryPercent } from './weights.ts';

/** A route with the key by which it is known again: everything but its destinations. Git may put others before it. */
type Keyed = { readonly key: string; readonly route: JsonRecord };

const keyed = (virtualService: KubeObject, list: RouteList): readonly Keyed[] => {
  const seen = new Map<string, number>();
  return baseRoutes(virtualService, list).map((route) => {
    const { route: _, ...rest } = route;
    const key = `${list}-${hashOf(rest).slice(0, 16)}`;
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return { key: count === 1 ? key : `${key}-${count}`, route };
  });
};

const standsForApex = (route: unknown, sides: Sides): boolean =>
  pairsOf(route, sides).some((pair) => pair.is === 'apex');

/** What the annotation of an adopted VirtualService says of its routes before. */
type Noted = {
  /** True when the sides stand in the apex's place: not where Git names them itself. */
  readonly isReplaced: boolean;
  /** The destinations of each route, by its key. */
  readonly routes: JsonRecord;
};

const notedOf = (virtualService: KubeObject): Noted => {
  const value = readBaseline(virtualService)?.value;
  return { isReplaced: at(value, 'isReplaced') === true, routes: recordAt(value, 'routes') };
};

/** True when the sides stand in the apex's place, or are going to. */
export const replacesApex = (virtualService: KubeObject, sides: Sides): boolean =>
  notedOf(virtualService).isReplaced ||
  LISTS.some((list) => baseRoutes(virtualService, list).some((route) => standsForApex(route, sides)));

/**
 * The destinations of each route of ours before it was adopted: as they are now, or, where the sides stand in the
 * apex's place already, as noted then.
 */
export const baselineOf = (virtualService: KubeObject, sides: Sides): Noted => {
  const isReplaced = replacesApex(virtualService, sides);
  const noted = notedOf(virtualService).routes;
  const ours = LISTS.flatMap((list) => keyed(virtualService, list)).filter(({ route }) => isOurs(route, sides));
  const before = ours.map(({ key, route }) => {
    if (standsForApex(route, sides)) return [key, route['route']];
    // A route that Git has changed meanwhile: where Git names the sides itself, it stands there as Git wants it.
    return [key, noted[key] ?? (isReplaced ? undefined : route['route'])];
  });
  return { isReplaced, routes: Object.fromEntries(before) };
};

const unweighted = (route: JsonRecord): readonly unknown[] =>
  listAt(route, 'route').map((entry) => ({ ...(isRecord(entry) ? entry : {}), weight: undefined }));

const withoutCanary = (route: JsonRecord, sides: Sides): JsonRecord => withCanaryPercent(route, { sides, percent: 0 });

/** The routes of a list as they were before: with the noted destinations where they are still the same ones. */
export const restored = (
  virtualService: KubeObject,
  { list, sides }: { readonly list: RouteList; readonly sides: Sides },
): readonly JsonRecord[] => {
  const { isReplaced, routes } = notedOf(virtualService);
  return keyed(virtualService, list).map(({ key, route }) => {
    if (!isOurs(route, sides) || standsForApex(route, sides)) return route;
    const noted = routes[key];
    const before = { ...route, route: noted };
    if (noted !== undefined && sameJson(unweighted(withoutCanary(before, sides)), unweighted(route))) return before;
    return isReplaced ? withApex(route, sides) : withoutCanary(route, sides);
  });
};
