import { foreignOwnerOf } from '../api/field-owner.ts';
import { STAMP_ANNOTATION } from '../api/names.ts';
import { isMadeFor } from '../api/ownership.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { counters } from './istio/counters.ts';
import { ownRuleSpec, planRules, releaseRules, roleOf } from './istio/destination-rules.ts';
import type { Sides } from './istio/destinations.ts';
import { virtualServiceRef } from './istio/objects.ts';
import { isTcp, planOwnVirtualService } from './istio/own-virtual-service.ts';
import { listsOf, standing } from './istio/routes.ts';
import type { Objects, RouteRef, Router } from './router.ts';
import { expressible, PERCENT_PPM, twoWay } from './split.ts';
import { assertSupported } from './unsupported.ts';

const sidesOf = (objects: Objects, ref: RouteRef): Sides => ({ ref, roleOf: roleOf({ objects, ref }) });

const heldIn = ({ get }: Objects, ref: RouteRef): KubeObject | undefined => {
  const found = get(virtualServiceRef(ref));
  return found !== undefined && isMadeFor(found, ref.canaryUid) ? found : undefined;
};

/** Istio's VirtualService, made by Serin. */
export const istio: Router = {
  id: 'istio',

  capabilities: (_objects, ref) => ({
    weightGranularityPpm: PERCENT_PPM,
    acceptance: 'none',
    // Affinity (consistentHash) chooses among a destination's pods; one of weight 0 is no destination.
    zeroWeightDrainsSticky: true,
    primaryMayBeEmpty: true,
    perBackendMetrics: !isTcp(ref.options),
    pins: isTcp(ref.options)
      ? { header: [], cookie: [], query: [] }
      : {
          header: ['exact', 'prefix', 'regex'],
          cookie: ['exact', 'prefix', 'regex'],
          query: ['exact', 'prefix', 'regex'],
        },
    mirror: isTcp(ref.options) ? 'none' : 'percent',
    lifecycle: {},
  }),

  problems: () => [],

  observe: (objects, ref) => {
    const found = heldIn(objects, ref);
    if (found === undefined) return undefined;
    const { percent, ...extras } = standing(found, sidesOf(objects, ref));
    const stamp = found.metadata.annotations?.[STAMP_ANNOTATION];
    return { split: twoWay(ref, percent), ...extras, ...(stamp === undefined ? {} : { stamp }) };
  },

  plan: (objects, ref, intent) => {
    assertSupported(intent, { plane: 'Istio', capabilities: istio.capabilities(objects, ref) });
    const { percent, said } = expressible(ref, intent.split);
    const found = objects.get(virtualServiceRef(ref));
    if (found !== undefined && !isMadeFor(found, ref.canaryUid)) return { patches: [], ...said };
    const to = { percent, pinned: intent.pinned, mirror: intent.mirror, stamp: intent.stamp };
    return {
      patches: [...planRules(ownRuleSpec(ref), { objects, ref }), ...planOwnVirtualService(found, { ref, to })],
      ...said,
    };
  },

  accepted: (objects, ref) =>
    heldIn(objects, ref) === undefined
      ? { ok: false, refused: false, detail: 'VirtualService does not exist yet' }
      : { ok: 'unknown', refused: false, detail: 'Istio writes no status: its counters alone can tell' },

  foreignManager: (objects, ref) => {
    const found = heldIn(objects, ref);
    const lists = found === undefined ? [] : listsOf(found, sidesOf(objects, ref));
    return lists
      .map((list) => found && foreignOwnerOf(found, ['f:spec', `f:${list}`]))
      .find((name) => name !== undefined);
  },

  metrics: (_objects, ref, side) => (isTcp(ref.options) ? null : counters(ref, { side, by: 'hosts' })),

  release: (objects, ref) => {
    const found = heldIn(objects, ref);
    const { uid } = found?.metadata ?? {};
    const route =
      found === undefined
        ? []
        : [{ type: 'delete' as const, ref: virtualServiceRef(ref), ...(uid === undefined ? {} : { uid }) }];
    return { patches: [...route, ...releaseRules(objects, ref)], effective: [], roundingErrorPpm: 0, warnings: [] };
  },
};
