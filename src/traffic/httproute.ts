import { foreignOwnerOf } from '../api/field-owner.ts';
import { STAMP_ANNOTATION } from '../api/names.ts';
import { isAdoptedBy, isMadeFor } from '../api/ownership.ts';
import { listAt } from '../lib/json.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
import { routeAcceptance } from './httproute/acceptance.ts';
import {
  adoptedPinLimits,
  adoptedRouteProblems,
  planAdoptedRoute,
  releaseAdoptedRoute,
} from './httproute/adopted-route.ts';
import { extrasOf, weightedRules } from './httproute/extra-rules.ts';
import { gatewayMetrics, gatewayPlane } from './httproute/gateway-plane.ts';
import { ownRoute, ownRouteProblems, ownRouteRef, planOwnRoute } from './httproute/own-route.ts';
import { canaryPercentOf, isOurs, isSticky as isStickyRule } from './httproute/rule.ts';
import { pinLimitsOf } from './httproute/rule-limits.ts';
import type { Capabilities, Objects, RouteRef, Router } from './router.ts';
import { canaryWeightOf, expressible, PERCENT_PPM, twoWay } from './split.ts';
import { assertSupported } from './unsupported.ts';

/** What refusals call this plane. */
const PLANE = 'Gateway API HTTPRoute';

/**
 * Of every place. Regular expressions, by which prefixes and cookies are told too, are left to the implementations: one
 * that has none refuses the route in its status.
 */
const OPERATORS = ['exact', 'prefix', 'regex'] as const;

const routeRefOf = (ref: RouteRef): ObjectRef =>
  ref.routeRef === undefined ? ownRouteRef(ref) : { ...ownRouteRef(ref), name: ref.routeRef.name };

const routeOf = ({ get }: Objects, ref: RouteRef): KubeObject | undefined => get(routeRefOf(ref));

/** The route as it stands, or, before Serin has made it, as it will be: its Gateways tell the plane either way. */
const routeToBe = (objects: Objects, ref: RouteRef): KubeObject | undefined =>
  routeOf(objects, ref) ?? (ref.routeRef === undefined ? ownRoute({ ref, percent: 0 }) : undefined);

const pinLimits = (
  objects: Objects,
  of: { readonly ref: RouteRef; readonly mayMirror: boolean },
): NonNullable<Capabilities['pinLimits']> => {
  const { ref } = of;
  if (ref.routeRef !== undefined) return adoptedPinLimits(routeOf(objects, ref), of);
  return pinLimitsOf(listAt(ownRoute({ ref, percent: 0 }), 'spec', 'rules'), of);
};

/** A rule of ours keeps clients at a backend by itself. */
const isSticky = (route: KubeObject | undefined, ref: RouteRef): boolean =>
  listAt(route, 'spec', 'rules').some((rule) => isOurs(rule, ref) && isStickyRule(rule));

/** True when Serin writes this route: it made it, or has adopted it. */
const isHeld = (route: KubeObject, ref: RouteRef): boolean =>
  (ref.routeRef === undefined ? isMadeFor : isAdoptedBy)(route, ref.canaryUid);

/**
 * Gateway API HTTPRoute. Without `routeRef` Serin makes a route of the apex's name and writes it whole; with it, a route
 * that lives in Git is adopted: in the rules that lead to the apex, and there only, the two sides take its place.
 */
export const httpRoute: Router = {
  id: 'gatewayapi',

  capabilities: (objects, ref) => {
    const route = routeToBe(objects, ref);
    const known = route === undefined ? {} : gatewayPlane(route, objects);
    const plane = known === 'later' ? {} : known;
    const { mirror = 'none' } = plane;
    return {
      weightGranularityPpm: PERCENT_PPM,
      acceptance: plane.hidesGeneration ? 'status' : 'status+generation',
      // Where a rule has session persistence, the canary is taken out of it at weight 0.
      zeroWeightDrainsSticky: true,
      primaryMayBeEmpty: true,
      perBackendMetrics: plane.metrics !== undefined,
      pins: { header: OPERATORS, cookie: OPERATORS, query: OPERATORS },
      pinLimits: pinLimits(objects, { ref, mayMirror: mirror !== 'none' }),
      mirror,
      affinity: plane.setsCookies === true && !isSticky(route, ref),
      lifecycle: {},
    };
  },

  problems: (objects, ref) => {
    const route = routeOf(objects, ref);
    return ref.routeRef === undefined ? ownRouteProblems(route, ref) : adoptedRouteProblems(route, ref);
  },

  observe: (objects, ref) => {
    const route = routeOf(objects, ref);
    if (route === undefined || !isHeld(route, ref)) return undefined;
    const rules = listAt(route, 'spec', 'rules');
    const percents = weightedRules(rules, ref).map((rule) => canaryPercentOf(rule, ref) ?? 0);
    const stamp = route.metadata.annotations?.[STAMP_ANNOTATION];
    return {
      // The most exposed rule counts. A rule that leads to the apex itself leads to the primary.
      split: twoWay(ref, Math.max(0, ...percents)),
      ...extrasOf(rules, ref),
      ...(stamp === undefined ? {} : { stamp }),
    };
  },

  plan: (objects, ref, intent) => {
    const route = routeOf(objects, ref);
    const plane = isSticky(route, ref) ? `${PLANE} with sessionPersistence` : PLANE;
    assertSupported(intent, { plane, capabilities: httpRoute.capabilities(objects, ref) });
    const { percent, said } = expressible(ref, intent.split);
    const { pinned, mirror, affinity, stamp } = intent;
    const options = { ref, percent, extras: { pinned, mirror, affinity }, stamp };
    if (ref.routeRef !== undefined) return { patches: planAdoptedRoute(route, options), ...said };
    return {
      patches: route === undefined || isMadeFor(route, ref.canaryUid) ? planOwnRoute(route, options) : [],
      ...said,
    };
  },

  accepted: (objects, ref) => {
    const route = routeOf(objects, ref);
    if (route === undefined) return { ok: false, refused: false, detail: `${routeRefOf(ref).kind} does not exist yet` };
    return routeAcceptance(route, objects);
  },

  foreignManager: (objects, ref) => {
    const route = routeOf(objects, ref);
    return route && isHeld(route, ref) ? foreignOwnerOf(route, ['f:spec', 'f:rules']) : undefined;
  },

  metrics: (objects, ref, side) => {
    const route = routeToBe(objects, ref);
    if (route === undefined) return null;
    const standing = httpRoute.observe(objects, ref);
    const reachesUsers =
      standing === undefined || canaryWeightOf(ref, standing.split) > 0 || standing.pinned !== undefined;
    const copiesOnly = side === 'canary' && standing?.mirror !== undefined && !reachesUsers;
    return gatewayMetrics(route, { objects, ref, side, copiesOnly });
  },

  release: (objects, ref) => {
    const route = routeOf(objects, ref);
    const none = { effective: [], roundingErrorPpm: 0, warnings: [] };
    if (ref.routeRef !== undefined) return { patches: releaseAdoptedRoute(route, ref), ...none };
    if (route === undefined || !isMadeFor(route, ref.canaryUid)) return { patches: [], ...none };
    const { uid } = route.metadata;
    return {
      patches: [{ type: 'delete', ref: routeRefOf(ref), ...(uid === undefined ? {} : { uid }) }],
      ...none,
    };
  },
};
