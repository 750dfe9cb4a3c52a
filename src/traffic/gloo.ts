import { foreignOwnerOf } from '../api/field-owner.ts';
import { STAMP_ANNOTATION } from '../api/names.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { glooAcceptance } from './gloo/acceptance.ts';
import { FORMS, matchersFor } from './gloo/matchers.ts';
import { routeTableRef, sideUpstream } from './gloo/names.ts';
import { optionProblems } from './gloo/route-options.ts';
import { intentOf, routesFor } from './gloo/routes.ts';
import { haveUpstreams, planUpstreams, sourceProblems, upstreamsOf } from './gloo/upstreams.ts';
import { deletions, ownObject, routeMetadata, stands, takenProblems } from './made-object.ts';
import type { Capabilities, ObjectPatch, Objects, RouteRef, Router } from './router.ts';
import { matchProblems } from './service-match.ts';
import { expressible, PERCENT_PPM } from './split.ts';
import { assertSupported } from './unsupported.ts';

const OPS = ['exact', 'prefix', 'regex'] as const;

const madeFor = (ref: RouteRef) => [routeTableRef(ref), sideUpstream(ref, 'primary'), sideUpstream(ref, 'canary')];

const ownRouteTable = (objects: Objects, ref: RouteRef): KubeObject | undefined =>
  ownObject(objects, { of: routeTableRef(ref), canaryUid: ref.canaryUid });

/** Envoy's clusters count the 200 of a gRPC call that failed. */
const isGrpc = ({ options }: RouteRef): boolean => options.appProtocol?.toLowerCase() === 'grpc';

const capabilitiesFor = (ref: RouteRef): Capabilities => ({
  weightGranularityPpm: PERCENT_PPM,
  acceptance: 'status',
  // Affinity is written beside weights only.
  zeroWeightDrainsSticky: true,
  primaryMayBeEmpty: true,
  perBackendMetrics: !isGrpc(ref),
  pins: { header: OPS, cookie: OPS, query: OPS },
  // Where no safe method is served there is nothing to be mirrored.
  mirror: matchersFor(ref, { onlySafe: true }) === undefined ? 'none' : 'percent',
  affinity: true,
  lifecycle: {
    successor: 'gatewayapi',
    warning: 'Gloo Edge goes on as kgateway, which reads HTTPRoutes; want provider gatewayapi there',
  },
});

const routeTable = (
  ref: RouteRef,
  wanted: Parameters<typeof routesFor>[1] & { stamp?: string | undefined },
): KubeObject => {
  const { apiVersion, kind } = routeTableRef(ref);
  return { apiVersion, kind, metadata: routeMetadata(ref, wanted.stamp), spec: { routes: routesFor(ref, wanted) } };
};

/**
 * Gloo Edge. Serin makes an Upstream for each side and a RouteTable of the apex's name, to which a VirtualService of the
 * user's delegates: that has the hosts and the path.
 */
export const gloo: Router = {
  id: 'gloo',

  capabilities: (_objects, ref) => capabilitiesFor(ref),

  problems: (objects, ref) => [
    ...takenProblems(objects, ref, madeFor(ref)),
    ...sourceProblems(objects, ref),
    ...matchProblems(ref.options, FORMS),
    ...optionProblems(ref),
  ],

  observe: (objects, ref) => {
    const standing = ownRouteTable(objects, ref);
    if (standing === undefined) return undefined;
    const stamp = standing.metadata.annotations?.[STAMP_ANNOTATION];
    return { ...intentOf(standing, ref), ...(stamp === undefined ? {} : { stamp }) };
  },

  plan: (objects, ref, intent) => {
    assertSupported(intent, { plane: 'Gloo', capabilities: capabilitiesFor(ref) });
    const { percent, said } = expressible(ref, intent.split);
    if (takenProblems(objects, ref, madeFor(ref)).length > 0) return { patches: [], ...said };
    // Without their settings the Upstreams stay as they are, and a route to what is not there is not made.
    const upstreams = planUpstreams(objects, ref);
    const isReady = haveUpstreams(objects, ref);
    if (upstreams === undefined && !isReady) return { patches: [], ...said };
    const object = routeTable(ref, { ...intent, percent });
    const isCurrent = stands(ownRouteTable(objects, ref), { wanted: object, fields: ['routes'] });
    const route: readonly ObjectPatch[] = isCurrent ? [] : [{ type: 'apply', object }];
    // A weight waits for nothing that is not needed to write it.
    const patches = isReady ? [...route, ...(upstreams ?? [])] : [...(upstreams ?? []), ...route];
    return { patches, ...said };
  },

  accepted: (objects, ref) => glooAcceptance(objects, ref),

  foreignManager: (objects, ref) => {
    const standing = ownRouteTable(objects, ref);
    return standing && foreignOwnerOf(standing, ['f:spec', 'f:routes']);
  },

  metrics: (_objects, ref, side) => {
    if (isGrpc(ref)) return null;
    // Gloo calls the Envoy cluster of an Upstream <name>_<namespace>.
    const { name } = sideUpstream(ref, side);
    const cluster = `envoy_cluster_name="${name}_${ref.namespace}"`;
    return {
      requests: `envoy_cluster_upstream_rq{${cluster}}`,
      errors: `envoy_cluster_upstream_rq{${cluster},envoy_response_code=~"5.."}`,
      durationBuckets: { selector: `envoy_cluster_upstream_rq_time_bucket{${cluster}}`, unit: 'ms' },
    };
  },

  release: (objects, ref) => ({
    patches: deletions(objects, ref, [...madeFor(ref), ...upstreamsOf(objects, ref)]),
    effective: [],
    roundingErrorPpm: 0,
    warnings: [],
  }),
};
