import type { Side } from '../../api/names.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { listAt, recordAt, stringAt } from '../../lib/json.ts';
import type { Affinity, Cookie } from '../../rollout/exposure.ts';
import { affinityFrom } from '../affinity-ways.ts';
import type { RouteRef } from '../router.ts';
import { isOfRun, readSetCookie, setCookie } from '../set-cookie.ts';
import { pinsOf } from './matchers.ts';
import { isUpstreamOf } from './names.ts';

const NAME = 'set-cookie';

/** Options of a destination whose answers bring their client the cookie of its side; Envoy adds it to those of the pod. */
export const cookieOptions = (affinity: Affinity | undefined, side: Side): JsonRecord => {
  if (affinity === undefined) return {};
  const header = { key: NAME, value: setCookie(affinity[side], affinity.attributes) };
  return { options: { headerManipulation: { responseHeadersToAdd: [{ header, append: true }] } } };
};

/** Throws a RangeError where the route's own changes of answers would take the cookie away. */
export const assertKeepable = ({ options: { headers } }: RouteRef): void => {
  const response = recordAt(headers, 'response');
  const names = [...Object.keys(recordAt(response, 'set')), ...Object.keys(recordAt(response, 'add'))];
  const all = [...names, ...listAt(response, 'remove').map(String)];
  if (!all.some((name) => name.toLowerCase() === NAME)) return;
  throw new RangeError(
    'Cannot write the route: service.headers changes set-cookie, by which clients are kept; want that away',
  );
};

const setBy = (route: unknown, { ref, side }: { readonly ref: RouteRef; readonly side: Side }) => {
  const destination = listAt(route, 'routeAction', 'multi', 'destinations').find((it) =>
    isUpstreamOf(stringAt(it, 'destination', 'upstream', 'name') ?? '', { ref, side }),
  );
  return listAt(destination, 'options', 'headerManipulation', 'responseHeadersToAdd')
    .filter((entry) => stringAt(entry, 'header', 'key') === NAME)
    .map((entry) => readSetCookie(stringAt(entry, 'header', 'value') ?? ''))
    .find((cookie) => cookie !== undefined);
};

/** The cookie of a run by which a route knows clients; undefined for a route of anybody's. */
export const heldBy = (route: unknown, ref: RouteRef): Cookie | undefined => {
  const cookie = pinsOf(route, ref)
    .flat()
    .find((condition) => condition.on === 'cookie' && condition.op === 'exact' && isOfRun(condition));
  if (cookie === undefined || setBy(route, { ref, side: 'canary' }) === undefined) return undefined;
  return { name: cookie.name, value: cookie.value };
};

/** The affinity that stands in a list of routes; undefined when there is none, or not the whole of it. */
export const affinityOf = (
  routes: readonly unknown[],
  { ref, percentOf }: { readonly ref: RouteRef; readonly percentOf: (route: unknown) => number },
): Affinity | undefined => {
  const kept = routes.flatMap((route) => {
    const cookie = heldBy(route, ref);
    return cookie === undefined ? [] : [{ cookie, percent: percentOf(route), route }];
  });
  const first = kept[0]?.route;
  return affinityFrom(kept, {
    canary: setBy(first, { ref, side: 'canary' }),
    primary: setBy(first, { ref, side: 'primary' }),
  });
};
