import { foreignOwnerOf } from '../api/field-owner.ts';
import { STAMP_ANNOTATION } from '../api/names.ts';
import { keyOf } from '../lib/kube-object.ts';
import { acceptance } from './istio/acceptance.ts';
import { adoptedProblems } from './istio/adopted-problems.ts';
import { planAdopted, releaseAdopted } from './istio/adopted-virtual-service.ts';
import { replacesApex } from './istio/baseline.ts';
import { counters } from './istio/counters.ts';
import { apexRuleSpec, madeRules, ownRuleSpec, planRules, releaseRules } from './istio/destination-rules.ts';
import { virtualServiceRef } from './istio/objects.ts';
import { ownProblems } from './istio/own-problems.ts';
import { planOwn, releaseOwn } from './istio/own-virtual-service.ts';
import { standing } from './istio/routes.ts';
import type { Scene } from './istio/scene.ts';
import { isSplitBySubsets, pinsOf, sceneOf } from './istio/scene.ts';
import type { ObjectPatch, Router, TrafficIntent } from './router.ts';
import { expressible, PERCENT_PPM, twoWay } from './split.ts';
import { assertSupported } from './unsupported.ts';

/** The sides' DestinationRules, which stand before a route leads there. */
const rulePatches = ({ objects, ref, sides, isAdopting, found }: Scene): readonly ObjectPatch[] => {
  if (!isAdopting) return planRules(ownRuleSpec(ref), { objects, ref });
  const isNeeded = found !== undefined && replacesApex(found, sides);
  return isNeeded ? planRules(apexRuleSpec({ objects, ref }), { objects, ref }) : [];
};

const routePatches = (
  { ref, sides, isAdopting, found }: Scene,
  { percent, intent }: { readonly percent: number; readonly intent: TrafficIntent },
): readonly ObjectPatch[] => {
  const to = { percent, pinned: intent.pinned, mirror: intent.mirror, affinity: intent.affinity, stamp: intent.stamp };
  return isAdopting ? planAdopted(found, { sides, to }) : planOwn(found, { ref, to });
};

/** True when the canary gets nothing but copies of requests. */
const isMirrorOnly = ({ held, sides }: Scene): boolean => {
  if (held === undefined) return false;
  const { percent, pinned, mirror } = standing(held, sides);
  return percent === 0 && pinned === undefined && mirror !== undefined;
};

/**
 * Istio's VirtualService. Without `routeRef` Serin makes one of the apex's name and writes it whole; with it, one that
 * lives in Git is adopted: of the destinations that lead to the apex or to its sides, and of these only, the weights are
 * written. The first route that matches a request takes it, so that pins and mirrors are routes before ours.
 */
export const istio: Router = {
  id: 'istio',

  capabilities: (objects, ref) => {
    const scene = sceneOf(objects, ref);
    const isHttp = scene.lists.includes('http');
    return {
      weightGranularityPpm: PERCENT_PPM,
      acceptance: 'none',
      // It tells of HTTP routes only: the weights of connections are a part of the listeners.
      ...(isHttp ? { proof: 'istiod' } : {}),
      // Affinity (consistentHash) chooses among the pods of a destination; one of weight 0 is none.
      zeroWeightDrainsSticky: true,
      // Each destination is a cluster of its own, whose share alone fails when it has no endpoints.
      primaryMayBeEmpty: true,
      perBackendMetrics: isHttp,
      pins: pinsOf(scene),
      mirror: isHttp ? 'percent' : 'none',
      affinity: isHttp,
      lifecycle: {},
    };
  },

  problems: (objects, ref) => {
    const { isAdopting, sides } = sceneOf(objects, ref);
    return isAdopting ? adoptedProblems(objects, sides) : ownProblems(objects, ref);
  },

  observe: (objects, ref) => {
    const { held, sides } = sceneOf(objects, ref);
    if (held === undefined) return undefined;
    const { percent, ...extras } = standing(held, sides);
    const stamp = held.metadata.annotations?.[STAMP_ANNOTATION];
    return { split: twoWay(ref, percent), ...extras, ...(stamp === undefined ? {} : { stamp }) };
  },

  plan: (objects, ref, intent) => {
    assertSupported(intent, { plane: 'Istio', capabilities: istio.capabilities(objects, ref) });
    const { percent, said } = expressible(ref, intent.split);
    const scene = sceneOf(objects, ref);
    const route = routePatches(scene, { percent, intent });
    // Where the route is somebody else's, or leads elsewhere, nothing is made beside it.
    const isOurs = route.length > 0 || scene.held !== undefined;
    return { patches: isOurs ? [...rulePatches(scene), ...route] : [], ...said };
  },

  accepted: (objects, ref) => {
    const { held, found } = sceneOf(objects, ref);
    if (found === undefined) {
      const detail = `VirtualService ${keyOf(virtualServiceRef(ref))} does not exist yet`;
      return { ok: false, refused: false, detail };
    }
    return acceptance(held === undefined ? [found] : [found, ...madeRules(objects, ref)]);
  },

  foreignManager: (objects, ref) => {
    const { held, lists } = sceneOf(objects, ref);
    const owners = lists.map((list) => held && foreignOwnerOf(held, ['f:spec', `f:${list}`]));
    return owners.find((owner) => owner !== undefined);
  },

  metrics: (objects, ref, side) => {
    const scene = sceneOf(objects, ref);
    if (scene.isAdopting && scene.found === undefined) return 'later';
    // Connections are counted, but not how they end.
    if (!scene.lists.includes('http')) return null;
    if (side === 'canary' && isMirrorOnly(scene)) return counters(ref, { side, by: 'mirrored' });
    return counters(ref, { side, by: isSplitBySubsets(scene) ? 'subsets' : 'hosts' });
  },

  release: (objects, ref) => {
    const { isAdopting, found, sides } = sceneOf(objects, ref);
    const route = isAdopting ? releaseAdopted(found, sides) : releaseOwn(found, ref);
    return { patches: [...route, ...releaseRules(objects, ref)], effective: [], roundingErrorPpm: 0, warnings: [] };
  },
};
