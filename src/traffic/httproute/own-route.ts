import { makerOf } from '../../api/field-owner.ts';
import { CANARY_UID_LABEL, HANDS_OFF_ANNOTATIONS, HELD_LABEL, STAMP_ANNOTATION } from '../../api/names.ts';
import { isMadeFor } from '../../api/ownership.ts';
import type { Problem } from '../../api/problem.ts';
import { covers } from '../../lib/covers.ts';
import { at, listAt, sameJson } from '../../lib/json.ts';
import type { KubeObject, ObjectRef } from '../../lib/kube-object.ts';
import { keyOf } from '../../lib/kube-object.ts';
import type { ObjectPatch, RouteRef } from '../router.ts';
import { sideService } from '../split.ts';
import { extrasOf, withExtras } from './extra-rules.ts';
import type { RouteWanted } from './route-wanted.ts';
import { assertTaken } from './rule-limits.ts';

const API_VERSION = 'gateway.networking.k8s.io/v1';

/** The route that Serin makes: it has the apex Service's name. */
export const ownRouteRef = (ref: RouteRef): ObjectRef => ({
  apiVersion: API_VERSION,
  kind: 'HTTPRoute',
  namespace: ref.namespace,
  name: ref.service,
});

/** Why the route of that name can't be Serin's; empty when it is, or when there is none yet. */
export const ownRouteProblems = (route: KubeObject | undefined, ref: RouteRef): readonly Problem[] => {
  if (ref.gatewayRefs.length === 0) {
    const message = 'a route needs a Gateway; want gatewayRefs, or spec.routeRef for a route that is there already';
    return [{ where: 'spec.service.gatewayRefs', message, reason: 'InvalidSpec' }];
  }
  if (route === undefined || isMadeFor(route, ref.canaryUid)) return [];
  const other = route.metadata.labels?.[CANARY_UID_LABEL];
  const message =
    other === undefined
      ? `it exists and was made by ${makerOf(route)}; want spec.routeRef to name it, so that Serin adopts it, or another name`
      : `it was made for another Canary (uid ${other}); want it deleted if that Canary is gone, or another spec.service.name`;
  return [{ where: `HTTPRoute ${keyOf(route.metadata)}`, message, reason: 'InvalidSpec' }];
};

/** The whole route, with the API's defaults written out. */
export const ownRoute = ({ ref, percent, extras, stamp }: RouteWanted): KubeObject => {
  const backend = (side: 'primary' | 'canary', weight: number) => ({
    group: '',
    kind: 'Service',
    name: sideService(ref, side),
    port: ref.port,
    weight,
  });
  const rule = {
    matches: [{ path: { type: 'PathPrefix', value: '/' } }],
    backendRefs: [backend('primary', 100 - percent), backend('canary', percent)],
  };
  const { rules } = withExtras([rule], { ref, ...extras });
  assertTaken(rules);
  return {
    apiVersion: API_VERSION,
    kind: 'HTTPRoute',
    metadata: {
      name: ref.service,
      namespace: ref.namespace,
      labels: { [CANARY_UID_LABEL]: ref.canaryUid, [HELD_LABEL]: 'true' },
      annotations: { ...HANDS_OFF_ANNOTATIONS, ...(stamp === undefined ? {} : { [STAMP_ANNOTATION]: stamp }) },
    },
    spec: {
      parentRefs: ref.gatewayRefs.map((gateway) => ({
        group: gateway.group ?? 'gateway.networking.k8s.io',
        kind: gateway.kind ?? 'Gateway',
        namespace: gateway.namespace ?? ref.namespace,
        name: gateway.name,
        ...(gateway.sectionName === undefined ? {} : { sectionName: gateway.sectionName }),
        ...(gateway.port === undefined ? {} : { port: gateway.port }),
      })),
      ...(ref.hosts.length === 0 ? {} : { hostnames: ref.hosts }),
      rules,
    },
  };
};

const backendFilters = (route: KubeObject): readonly (readonly unknown[])[] =>
  listAt(route, 'spec', 'rules')
    .flatMap((rule) => listAt(rule, 'backendRefs'))
    .map((backend) => listAt(backend, 'filters'));

/** Applies the whole route; nothing when it stands so. */
export const planOwnRoute = (route: KubeObject | undefined, wanted: RouteWanted): readonly ObjectPatch[] => {
  const object = ownRoute(wanted);
  const isCurrent =
    route !== undefined &&
    covers(route, object) &&
    sameJson(listAt(route, 'spec', 'hostnames'), wanted.ref.hosts) &&
    // A filter that is left over on a backend is covered by none.
    sameJson(backendFilters(route), backendFilters(object)) &&
    // A percentage that is left out, as all is written, is covered by any.
    extrasOf(listAt(route, 'spec', 'rules'), wanted.ref).mirror === wanted.extras?.mirror &&
    at(route, 'metadata', 'annotations', STAMP_ANNOTATION) === wanted.stamp;
  return isCurrent ? [] : [{ type: 'apply', object }];
};
