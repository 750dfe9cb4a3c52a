import { foreignOwnerOf, makerOf } from '../api/field-owner.ts';
import { STAMP_ANNOTATION } from '../api/names.ts';
import { isMadeFor } from '../api/ownership.ts';
import type { Problem } from '../api/problem.ts';
import { covers } from '../lib/covers.ts';
import { listAt, sameJson, stringAt } from '../lib/json.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
import { keyOf } from '../lib/kube-object.ts';
import {
  CANARY_WEIGHT,
  canaryIngress,
  canaryIngressName,
  canaryPercentOf,
  isParked,
  placesOf,
} from './ingress-nginx/canary-ingress.ts';
import { CANARY_PINS, pinsOf, writtenPins } from './ingress-nginx/canary-pins.ts';
import type { Objects, RouteRef, Router } from './router.ts';
import { expressible, PERCENT_PPM, sideService, twoWay } from './split.ts';
import { assertSupported } from './unsupported.ts';

/** What refusals call this plane. */
const PLANE = 'ingress-nginx';
const API_VERSION = 'networking.k8s.io/v1';
/** IngressClasses of ingress-nginx; Traefik's ingress-nginx provider takes the same. */
const CONTROLLER = 'k8s.io/ingress-nginx';

const ingressRefOf = (ref: RouteRef): ObjectRef => ({
  apiVersion: API_VERSION,
  kind: 'Ingress',
  namespace: ref.namespace,
  name: ref.ingressRef?.name ?? '',
});

const canaryRefOf = (ref: RouteRef): ObjectRef => ({ ...ingressRefOf(ref), name: canaryIngressName(ref) });

/** The canary Ingress when it is Serin's for this Canary. */
const ownCanary = ({ get }: Objects, ref: RouteRef): KubeObject | undefined => {
  const found = get(canaryRefOf(ref));
  return found !== undefined && isMadeFor(found, ref.canaryUid) ? found : undefined;
};

const NO_PINS = { header: [], cookie: [], query: [] } as const;

/** The plane leaves a client that holds the primary's affinity cookie there, whatever its headers. */
const hasAffinity = ({ get }: Objects, ref: RouteRef): boolean =>
  get(ingressRefOf(ref))?.metadata.annotations?.['nginx.ingress.kubernetes.io/affinity'] === 'cookie';

const isCanaryIngress = (ingress: KubeObject): boolean =>
  ingress.metadata.annotations?.['nginx.ingress.kubernetes.io/canary'] === 'true';

const problem = (where: string, message: string): Problem => ({ where, message, reason: 'InvalidSpec' });

/** The plane takes one canary for each host and path, and silently none of a second. */
const rivalProblems = (ingress: KubeObject, { list }: Objects, ref: RouteRef): readonly Problem[] => {
  const places = placesOf(ingress, ref.service);
  return (list?.({ apiVersion: API_VERSION, kind: 'Ingress', namespace: ref.namespace }) ?? [])
    .filter((other) => isCanaryIngress(other) && other.metadata.name !== canaryRefOf(ref).name)
    .flatMap((other) => {
      const shared = placesOf(other).find((place) => places.includes(place));
      if (shared === undefined) return [];
      const message = `it is a canary for ${shared} already, of which the plane takes only one; want it deleted`;
      return [problem(`Ingress ${keyOf(other.metadata)}`, message)];
    });
};

/**
 * ingress-nginx canary annotations, which Traefik's provider of that name reads too. The Ingress named by `ingressRef`
 * lives in Git and is never written; Serin keeps `<ingress>-canary` beside it, parked while the canary has no traffic.
 * There is no status: what the plane does shows in its counters only.
 */
export const ingressNginx: Router = {
  id: 'nginx',

  capabilities: (objects, ref) => ({
    weightGranularityPpm: PERCENT_PPM,
    acceptance: 'none',
    // By parking the canary Ingress; the weight alone does not.
    zeroWeightDrainsSticky: true,
    // Without endpoints in the primary every request fails, whatever the canary's weight.
    primaryMayBeEmpty: false,
    perBackendMetrics: true,
    ...(hasAffinity(objects, ref) ? { pins: NO_PINS } : CANARY_PINS),
    mirror: 'none',
    affinity: false,
    lifecycle: { eol: '2026-03-24', successor: 'gatewayapi' },
  }),

  problems: (objects, ref) => {
    const ingress = objects.get(ingressRefOf(ref));
    if (ingress === undefined) {
      const message = `Ingress ${keyOf(ingressRefOf(ref))} does not exist; want the Ingress that leads to Service ${ref.service}`;
      return [problem('spec.ingressRef', message)];
    }
    const where = `Ingress ${keyOf(ingress.metadata)}`;
    if (isCanaryIngress(ingress)) return [problem(where, 'it is a canary Ingress itself; want the one beside it')];
    if (placesOf(ingress, ref.service).length === 0) {
      return [problem(where, `no path of it leads to Service ${ref.service}; want a rule with that backend`)];
    }
    const className = stringAt(ingress, 'spec', 'ingressClassName');
    const ingressClass = className && objects.get({ apiVersion: API_VERSION, kind: 'IngressClass', name: className });
    const controller = stringAt(ingressClass, 'spec', 'controller');
    if (controller !== undefined && controller !== CONTROLLER) {
      const message = `its class ${className} is served by ${controller}, which reads no canary annotations; want ${CONTROLLER}`;
      return [problem(where, message)];
    }
    const canary = objects.get(canaryRefOf(ref));
    if (canary !== undefined && !isMadeFor(canary, ref.canaryUid)) {
      const message = `it has a name that Serin needs and was made by ${makerOf(canary)}; want it deleted`;
      return [problem(`Ingress ${keyOf(canary.metadata)}`, message)];
    }
    return rivalProblems(ingress, objects, ref);
  },

  observe: (objects, ref) => {
    const canary = ownCanary(objects, ref);
    if (canary === undefined) return undefined;
    const stamp = canary.metadata.annotations?.[STAMP_ANNOTATION];
    const pinned = isParked(canary) ? undefined : pinsOf(canary);
    return {
      split: twoWay(ref, canaryPercentOf(canary)),
      ...(pinned === undefined ? {} : { pinned }),
      ...(stamp === undefined ? {} : { stamp }),
    };
  },

  plan: (objects, ref, intent) => {
    const plane = hasAffinity(objects, ref) ? `${PLANE} with session affinity` : PLANE;
    assertSupported(intent, { plane, capabilities: ingressNginx.capabilities(objects, ref) });
    const { percent, said } = expressible(ref, intent.split);
    const ingress = objects.get(ingressRefOf(ref));
    const canary = objects.get(canaryRefOf(ref));
    if (canary !== undefined && !isMadeFor(canary, ref.canaryUid)) return { patches: [], ...said };
    const object = canaryIngress({ ingress, canary }, { ref, percent, pinned: intent.pinned, stamp: intent.stamp });
    if (object === undefined) return { patches: [], ...said };
    const isCurrent =
      canary !== undefined &&
      covers(canary, object) &&
      canary.metadata.annotations?.[STAMP_ANNOTATION] === intent.stamp &&
      sameJson(writtenPins(canary), writtenPins(object)) &&
      sameJson(listAt(canary, 'spec', 'tls'), listAt(object, 'spec', 'tls'));
    return { patches: isCurrent ? [] : [{ type: 'apply', object }], ...said };
  },

  accepted: (objects, ref) =>
    ownCanary(objects, ref) === undefined
      ? { ok: false, refused: false, detail: `Ingress ${keyOf(canaryRefOf(ref))} does not exist yet` }
      : { ok: 'unknown', refused: false, detail: 'ingress-nginx writes no status: its counters alone can tell' },

  foreignManager: (objects, ref) => {
    const canary = ownCanary(objects, ref);
    return canary && foreignOwnerOf(canary, ['f:metadata', 'f:annotations', `f:${CANARY_WEIGHT}`]);
  },

  metrics: (_objects, ref, side) => {
    const ingress = `namespace="${ref.namespace}",ingress="${ref.ingressRef?.name}",service="${ref.service}"`;
    // Both sides carry the names of the primary; `canary` is the alternative upstream, <namespace>-<service>-<port>.
    const upstream = `${ref.namespace}-${sideService(ref, 'canary')}-.+`;
    const backend = `${ingress},${side === 'canary' ? `canary=~"${upstream}"` : 'canary=""'}`;
    return {
      requests: `nginx_ingress_controller_requests{${backend}}`,
      errors: `nginx_ingress_controller_requests{${backend},status=~"5.."}`,
      durationBuckets: { selector: `nginx_ingress_controller_request_duration_seconds_bucket{${backend}}`, unit: 's' },
    };
  },

  release: (objects, ref) => {
    const canary = ownCanary(objects, ref);
    const none = { effective: [], roundingErrorPpm: 0, warnings: [] };
    if (canary === undefined) return { patches: [], ...none };
    const { uid } = canary.metadata;
    return {
      patches: [{ type: 'delete', ref: canaryRefOf(ref), ...(uid === undefined ? {} : { uid }) }],
      ...none,
    };
  },
};
