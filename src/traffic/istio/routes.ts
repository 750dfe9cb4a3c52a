import type { JsonRecord } from '../../lib/json.ts';
import { isRecord, listAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { TrafficIntent } from '../router.ts';
import { withoutCookies } from './destination-cookie.ts';
import type { Sides } from './destinations.ts';
import { pairsOf } from './destinations.ts';
import type { Extras } from './extra-routes.ts';
import { assertReachable, extrasOf, isExtra, isMirrored, withExtras } from './extra-routes.ts';
import { canaryPercentOf, withCanaryPercent } from './weights.ts';

/** Lists of a VirtualService's routes that can lead to a Service by weights. */
export const LISTS = ['http', 'tcp'] as const;
export type RouteList = (typeof LISTS)[number];

/** The routes of a list that are there without Serin. */
export const baseRoutes = (virtualService: KubeObject, list: RouteList): readonly JsonRecord[] =>
  listAt(virtualService, 'spec', list)
    .filter(isRecord)
    .filter((route) => !isExtra(route))
    .map(withoutCookies);

/** True when the route leads to the apex, or to the sides in its place. */
export const isOurs = (route: unknown, sides: Sides): boolean => pairsOf(route, sides).length > 0;

/** The lists in which a route leads to the apex, or to the sides in its place. */
export const listsOf = (virtualService: KubeObject, sides: Sides): readonly RouteList[] =>
  LISTS.filter((list) => baseRoutes(virtualService, list).some((route) => isOurs(route, sides)));

/** What is to become of the traffic of the apex. */
export type Written = Extras & { readonly percent: number };

/** Routes with the traffic of the apex divided; what pins and mirrors stands before each of ours, in HTTP only. */
export const written = (
  routes: readonly JsonRecord[],
  { sides, list, to }: { readonly sides: Sides; readonly list: RouteList; readonly to: Written },
): readonly JsonRecord[] => {
  if (list === 'http') {
    const ours = routes.filter((route) => isOurs(route, sides));
    if (ours.length > 0) assertReachable(ours, to);
  }
  let number = 0;
  return routes.flatMap((route) => {
    if (!isOurs(route, sides)) return [route];
    const weighted = withCanaryPercent(route, { sides, percent: to.percent });
    number += 1;
    return list === 'http' ? withExtras(weighted, { extras: to, sides, number }) : [weighted];
  });
};

/** What stands of it: of several routes the most exposed one counts. A route to the apex itself leads to the primary. */
export const standing = (
  virtualService: KubeObject,
  sides: Sides,
): { readonly percent: number } & Pick<TrafficIntent, 'pinned' | 'mirror' | 'affinity'> => {
  const weighted = LISTS.flatMap((list) =>
    listAt(virtualService, 'spec', list).filter((route) => !isExtra(route) || isMirrored(route)),
  );
  const percents = weighted.map((route) => canaryPercentOf(route, sides) ?? 0);
  return { percent: Math.max(0, ...percents), ...extrasOf(listAt(virtualService, 'spec', 'http'), sides) };
};
