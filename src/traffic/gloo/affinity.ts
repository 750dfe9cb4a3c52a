import type { Side } from '../../api/names.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { listAt, recordAt, sameJson, stringAt } from '../../lib/json.ts';
import type { Affinity, Cookie } from '../../rollout/exposure.ts';
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

/** For each cookie of the affinity the percent of its holders' requests that the canary gets, in the order that counts. */
export const waysOf = ({
  canary,
  primary,
  redraw,
}: Affinity): readonly { readonly cookie: Cookie; readonly percent: number }[] => [
  { cookie: canary, percent: 100 },
  { cookie: primary, percent: 0 },
  ...(redraw === undefined ? [] : [{ cookie: redraw.cookie, percent: redraw.canaryWeight }]),
];

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
    return cookie === undefined ? [] : [{ cookie, route }];
  });
  const [canary, primary] = [
    setBy(kept[0]?.route, { ref, side: 'canary' }),
    setBy(kept[0]?.route, { ref, side: 'primary' }),
  ];
  if (canary === undefined || primary === undefined) return undefined;
  const leads = (one: Cookie): boolean => kept.some(({ cookie }) => sameJson(cookie, one));
  if (!leads(canary.cookie) || !leads(primary.cookie)) return undefined;
  const other = kept.find(({ cookie }) => !sameJson(cookie, canary.cookie) && !sameJson(cookie, primary.cookie));
  return {
    canary: canary.cookie,
    primary: primary.cookie,
    // Shares are written in hundredths of a percent.
    ...(other === undefined
      ? {}
      : { redraw: { cookie: other.cookie, canaryWeight: Math.round(percentOf(other.route) * 100) / 100 } }),
    attributes: canary.attributes,
  };
};
