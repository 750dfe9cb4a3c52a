import type { Side } from '../../api/names.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { isRecord, listAt, numberAt, recordAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { RequestMatch } from '../../rollout/request-match.ts';
import type { RouteRef, TrafficIntent } from '../router.ts';
import { matchesOf } from '../service-match.ts';
import { sideService, twoWay } from '../split.ts';
import { meshDuration } from './duration.ts';
import type { Protocol } from './listener.ts';
import { retryPolicy } from './retry-policy.ts';
import { pinIn, routeMatch } from './route-match.ts';

/** Most routes that App Mesh takes in one VirtualRouter. */
export const MOST_ROUTES = 50;

/**
 * Priority of the first route of the split; the lowest number that matches wins, and those of pins begin at 0. Fixed, for
 * App Mesh's controller changes one route after the other: in between, no two of them may have the same one.
 */
const SPLIT_PRIORITY = 900;

const FIELDS: Readonly<Record<Protocol, string>> = {
  http: 'httpRoute',
  http2: 'http2Route',
  grpc: 'grpcRoute',
  tcp: 'tcpRoute',
};

const pinName = ({ service }: RouteRef): string => `${service}-pin-`;

/**
 * The routes of the VirtualRouter: for each pin, and for the split, one for each entry of `spec.service.match`. The first
 * of the split has the apex's name, as Flagger's.
 */
export const routesFor = (
  ref: RouteRef,
  { percent, pinned = [], protocol }: { percent: number; protocol: Protocol; pinned?: readonly RequestMatch[] },
): readonly JsonRecord[] => {
  const { options, service } = ref;
  const matches = matchesOf(options);
  const retries = protocol === 'tcp' ? undefined : retryPolicy(options);
  const { timeout } = options;
  const target = (side: Side, weight: number) => ({ virtualNodeRef: { name: sideService(ref, side) }, weight });
  const route = (
    named: { readonly name: string; readonly priority: number },
    { match, targets }: { readonly match: JsonRecord; readonly targets: readonly JsonRecord[] },
  ): JsonRecord => ({
    ...named,
    [FIELDS[protocol]]: {
      ...(protocol === 'tcp' ? {} : { match }),
      action: { weightedTargets: targets },
      ...(timeout === undefined || protocol === 'tcp' ? {} : { timeout: { perRequest: meshDuration(timeout) } }),
      ...(retries === undefined ? {} : { retryPolicy: retries }),
    },
  });
  return [
    ...pinned.flatMap((pin, number) =>
      matches.map((match, index) =>
        route(
          { name: `${pinName(ref)}${number}-${index}`, priority: number * matches.length + index },
          { match: routeMatch(match, { pin, protocol }), targets: [target('canary', 1)] },
        ),
      ),
    ),
    ...matches.map((match, index) =>
      route(
        { name: index === 0 ? service : `${service}-${index}`, priority: SPLIT_PRIORITY + index },
        {
          match: routeMatch(match, { pin: [], protocol }),
          targets: [target('primary', 100 - percent), target('canary', percent)],
        },
      ),
    ),
  ];
};

/** What a route says beside its name, whatever its protocol. */
const contentOf = (route: unknown): JsonRecord =>
  Object.values(FIELDS)
    .map((field) => recordAt(route, field))
    .find((content) => Object.keys(content).length > 0) ?? {};

/** Percent of a route's requests that go to the canary; 0 when none go anywhere. */
const canaryPercentOf = (route: unknown, ref: RouteRef): number => {
  const targets = listAt(contentOf(route), 'action', 'weightedTargets');
  const weightOf = (target: unknown): number => numberAt(target, 'weight') ?? 0;
  const total = targets.reduce<number>((sum, target) => sum + weightOf(target), 0);
  const canary = targets
    .filter((target) => stringAt(target, 'virtualNodeRef', 'name') === sideService(ref, 'canary'))
    .reduce<number>((sum, target) => sum + weightOf(target), 0);
  return total === 0 ? 0 : (canary * 100) / total;
};

/** The intent that the routes of a VirtualRouter stand for. The most exposed route of the split counts. */
export const intentOf = (router: KubeObject, ref: RouteRef): TrafficIntent => {
  const routes = listAt(router, 'spec', 'routes').filter(isRecord);
  const nameOf = (route: JsonRecord): string => stringAt(route, 'name') ?? '';
  const isPin = (route: JsonRecord): boolean => nameOf(route).startsWith(pinName(ref));
  const percents = routes.filter((route) => !isPin(route)).map((route) => canaryPercentOf(route, ref));
  // Each pin has a route for each match; the first of them tells it.
  const [match] = matchesOf(ref.options);
  const pinned = routes
    .filter((route) => isPin(route) && nameOf(route).endsWith('-0'))
    .map((route) => (match === undefined ? [] : pinIn(contentOf(route)['match'], match)));
  return {
    split: twoWay(ref, Math.max(0, ...percents)),
    ...(pinned.length === 0 ? {} : { pinned }),
  };
};
