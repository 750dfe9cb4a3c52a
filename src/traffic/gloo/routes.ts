import type { Side } from '../../api/names.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { at, listAt, numberAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { waysOf } from '../affinity-ways.ts';
import type { RouteRef, TrafficIntent } from '../router.ts';
import { twoWay } from '../split.ts';
import { affinityOf, assertKeepable, cookieOptions, heldBy } from './affinity.ts';
import { matchersFor, pinsOf } from './matchers.ts';
import { isUpstreamOf, sideUpstream } from './names.ts';
import { routeOptions } from './route-options.ts';

const upstreamOf = (ref: RouteRef, side: Side): JsonRecord => {
  const { name, namespace } = sideUpstream(ref, side);
  return { upstream: { name, namespace } };
};

/**
 * The routes of the RouteTable, of which the first that fits a request takes it: what is pinned to the canary, what is
 * mirrored to it, what clients with a cookie ask for, then the split alone.
 */
export const routesFor = (
  ref: RouteRef,
  {
    percent,
    pinned,
    mirror,
    affinity,
  }: { readonly percent: number } & Pick<TrafficIntent, 'pinned' | 'mirror' | 'affinity'>,
): readonly JsonRecord[] => {
  const options = routeOptions(ref);
  if (affinity !== undefined) assertKeepable(ref);
  const destination = (side: Side, weight: number) => ({
    destination: upstreamOf(ref, side),
    weight,
    ...cookieOptions(affinity, side),
  });
  const dividing = (share: number) => {
    // Weights are whole numbers: hundredths of a percent where whole percents will not do.
    const [canary, total] = Number.isInteger(share) ? [share, 100] : [Math.round(share * 100), 10_000];
    return { multi: { destinations: [destination('primary', total - canary), destination('canary', canary)] } };
  };
  const split = dividing(percent);
  const shadowing = { ...upstreamOf(ref, 'canary'), percentage: mirror };
  const route = (of: Parameters<typeof matchersFor>[1], action: JsonRecord): readonly JsonRecord[] => {
    const matchers = matchersFor(ref, of);
    return matchers === undefined ? [] : [{ ...matchers, ...action }];
  };
  const withOptions = (more: JsonRecord = {}): JsonRecord => {
    const all = { ...options, ...more };
    return Object.keys(all).length === 0 ? {} : { options: all };
  };
  return [
    ...(pinned === undefined
      ? []
      : route({ pinned }, { routeAction: { single: upstreamOf(ref, 'canary') }, ...withOptions() })),
    ...(mirror === undefined ? [] : route({ onlySafe: true }, { routeAction: split, ...withOptions({ shadowing }) })),
    ...(affinity === undefined ? [] : waysOf(affinity)).flatMap((way) =>
      route(
        { pinned: [[{ on: 'cookie', op: 'exact', ...way.cookie }]] },
        { routeAction: dividing(way.percent), ...withOptions() },
      ),
    ),
    ...route({}, { routeAction: split, ...withOptions() }),
  ];
};

/** Percent of a route's requests that go to the canary; 0 when none go anywhere. */
const canaryPercentOf = (route: unknown, ref: RouteRef): number => {
  const destinations = listAt(route, 'routeAction', 'multi', 'destinations');
  const weightOf = (destination: unknown): number => numberAt(destination, 'weight') ?? 0;
  const total = destinations.reduce<number>((sum, destination) => sum + weightOf(destination), 0);
  const canary = destinations
    .filter((it) => isUpstreamOf(stringAt(it, 'destination', 'upstream', 'name') ?? '', { ref, side: 'canary' }))
    .reduce<number>((sum, destination) => sum + weightOf(destination), 0);
  return total === 0 ? 0 : (canary * 100) / total;
};

/** The intent that the routes of a RouteTable stand for. The most exposed one counts. */
export const intentOf = (routeTable: KubeObject, ref: RouteRef): TrafficIntent => {
  const routes = listAt(routeTable, 'spec', 'routes');
  const pins = routes.find((route) => at(route, 'routeAction', 'single') !== undefined);
  const percentOf = (route: unknown): number => canaryPercentOf(route, ref);
  const percents = routes.filter((route) => heldBy(route, ref) === undefined).map(percentOf);
  const affinity = affinityOf(routes, { ref, percentOf });
  const copies = routes.flatMap((route) => numberAt(route, 'options', 'shadowing', 'percentage') ?? []);
  return {
    split: twoWay(ref, Math.max(0, ...percents)),
    ...(pins === undefined ? {} : { pinned: pinsOf(pins, ref) }),
    ...(copies.length === 0 ? {} : { mirror: Math.max(...copies) }),
    ...(affinity === undefined ? {} : { affinity }),
  };
};
