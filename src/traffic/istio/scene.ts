import { isAdoptedBy, isMadeFor } from '../../api/ownership.ts';
import { at } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { Capabilities, Objects, RouteRef } from '../router.ts';
import { roleOf } from './destination-rules.ts';
import type { Sides } from './destinations.ts';
import { pairsOf } from './destinations.ts';
import { virtualServiceRef } from './objects.ts';
import { isTcp } from './own-virtual-service.ts';
import type { RouteList } from './routes.ts';
import { baseRoutes, LISTS, listsOf } from './routes.ts';

/** The VirtualService of a Canary, and what it is to Serin. */
export type Scene = {
  readonly objects: Objects;
  readonly ref: RouteRef;
  readonly sides: Sides;
  /** True when it lives in Git. */
  readonly isAdopting: boolean;
  readonly found: KubeObject | undefined;
  /** It, when Serin writes it: it made it, or has adopted it. */
  readonly held: KubeObject | undefined;
  /** Its lists with routes of ours; before Serin has made it, as they will be. */
  readonly lists: readonly RouteList[];
};

/** What stands. */
export const sceneOf = (objects: Objects, ref: RouteRef): Scene => {
  const sides = { ref, roleOf: roleOf({ objects, ref }) };
  const isAdopting = ref.routeRef !== undefined;
  const found = objects.get(virtualServiceRef(ref));
  const isHeld = found !== undefined && (isAdopting ? isAdoptedBy : isMadeFor)(found, ref.canaryUid);
  const ours: readonly RouteList[] = [isTcp(ref.options) ? 'tcp' : 'http'];
  const lists = isAdopting ? (found === undefined ? [] : listsOf(found, sides)) : ours;
  return { objects, ref, sides, isAdopting, found, held: isHeld ? found : undefined, lists };
};

/** Conditions that requests can be pinned by; connections can't. */
export const pinsOf = ({ lists }: Scene): Capabilities['pins'] => {
  const all = lists.includes('http') ? (['exact', 'prefix', 'regex'] as const) : [];
  return { header: all, cookie: all, query: all };
};

const hostOf = (entry: unknown): unknown => at(entry, 'destination', 'host');

/** True when both sides are subsets of one host, which no Service of a side's own tells apart. */
export const isSplitBySubsets = ({ isAdopting, found, sides }: Scene): boolean =>
  isAdopting &&
  found !== undefined &&
  LISTS.flatMap((list) => baseRoutes(found, list))
    .flatMap((route) => pairsOf(route, sides))
    .some(({ is, primary, canary }) => is === 'sides' && hostOf(primary) === hostOf(canary));
