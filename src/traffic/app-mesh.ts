import { foreignOwnerOf } from '../api/field-owner.ts';
import { STAMP_ANNOTATION } from '../api/names.ts';
import type { KubeObject, ObjectRef } from '../lib/kube-object.ts';
import { meshAcceptance } from './app-mesh/acceptance.ts';
import { type Listener, listenerOf, type Protocol } from './app-mesh/listener.ts';
import { nodeRef, routerRef, serviceRef } from './app-mesh/names.ts';
import { meshAndRouteProblems } from './app-mesh/problems.ts';
import { assertPinsFit } from './app-mesh/route-limits.ts';
import { MOST_CONDITIONS } from './app-mesh/route-match.ts';
import { intentOf, MOST_ROUTES, routesFor } from './app-mesh/routes.ts';
import { NODE_FIELDS, virtualNode } from './app-mesh/virtual-node.ts';
import { deletions, madeMetadata, ownObject, routeMetadata, stands, takenProblems } from './made-object.ts';
import type { Capabilities, ObjectPatch, Objects, RouteRef, Router, TrafficIntent } from './router.ts';
import { matchesOf } from './service-match.ts';
import { expressible, PERCENT_PPM, sideService } from './split.ts';
import { assertSupported } from './unsupported.ts';

const OPS = ['exact', 'prefix', 'regex'] as const;

/** Everything that Serin makes, from the outside in: none of these leads to one before it. */
const madeFor = (ref: RouteRef): readonly ObjectRef[] => [
  serviceRef(ref),
  routerRef(ref),
  nodeRef(ref, 'primary'),
  nodeRef(ref, 'canary'),
];

const ownRouter = (objects: Objects, ref: RouteRef): KubeObject | undefined =>
  ownObject(objects, { of: routerRef(ref), canaryUid: ref.canaryUid });

const isHttp = (protocol: Protocol): boolean => protocol === 'http' || protocol === 'http2';

const capabilitiesFor = ({ options }: RouteRef, { protocol }: Listener): Capabilities => {
  const matches = matchesOf(options);
  const used = Math.max(...matches.flatMap(({ headers, query }) => [headers.length, query.length]));
  return {
    weightGranularityPpm: PERCENT_PPM,
    acceptance: 'status+generation',
    // App Mesh has no affinity.
    zeroWeightDrainsSticky: true,
    primaryMayBeEmpty: true,
    perBackendMetrics: isHttp(protocol),
    pins: {
      header: protocol === 'tcp' ? [] : OPS,
      cookie: isHttp(protocol) ? OPS : [],
      query: isHttp(protocol) ? ['exact'] : [],
    },
    pinLimits: {
      matches: Math.max(0, Math.floor(MOST_ROUTES / matches.length) - 1),
      conditions: Math.max(0, MOST_CONDITIONS - used),
    },
    mirror: 'none',
    affinity: false,
    lifecycle: {
      eol: '2026-09-30',
      successor: 'gatewayapi',
      warning:
        'AWS has switched App Mesh off on 2026-09-30; want provider gatewayapi with VPC Lattice, which reads HTTPRoutes',
    },
  };
};

/** The VirtualRouter that holds the weights, to be applied. */
const virtualRouter = (
  ref: RouteRef,
  { protocol, percent, intent }: { protocol: Protocol; percent: number; intent: TrafficIntent },
): KubeObject => {
  const { apiVersion, kind } = routerRef(ref);
  const { pinned = [], stamp } = intent;
  return {
    apiVersion,
    kind,
    metadata: routeMetadata(ref, stamp),
    spec: {
      // The port that clients call, which need not be that of the pods.
      listeners: [{ portMapping: { port: ref.port, protocol } }],
      routes: routesFor(ref, { percent, pinned, protocol }),
    },
  };
};

/** The VirtualService, to be applied: requests to it are routed by the VirtualRouter. */
const virtualService = (ref: RouteRef): KubeObject => {
  const { apiVersion, kind, name } = serviceRef(ref);
  const provider = { virtualRouter: { virtualRouterRef: { name } } };
  return { apiVersion, kind, metadata: madeMetadata(ref, name), spec: { provider } };
};

/**
 * AWS App Mesh, which was switched off on 2026-09-30. Serin makes a VirtualNode for each side, and a VirtualRouter and a
 * VirtualService of the apex's name. The mesh is that whose namespaceSelector selects the namespace.
 */
export const appMesh: Router = {
  id: 'appmesh',

  capabilities: (objects, ref) => capabilitiesFor(ref, listenerOf(objects, ref)),

  problems: (objects, ref) => [
    ...takenProblems(objects, ref, madeFor(ref)),
    ...meshAndRouteProblems(objects, { ref, listener: listenerOf(objects, ref) }),
  ],

  observe: (objects, ref) => {
    const standing = ownRouter(objects, ref);
    if (standing === undefined) return undefined;
    const stamp = standing.metadata.annotations?.[STAMP_ANNOTATION];
    return { ...intentOf(standing, ref), ...(stamp === undefined ? {} : { stamp }) };
  },

  plan: (objects, ref, intent) => {
    const listener = listenerOf(objects, ref);
    assertSupported(intent, { plane: 'App Mesh', capabilities: capabilitiesFor(ref, listener) });
    assertPinsFit(intent.pinned ?? [], listener.protocol);
    const { percent, said } = expressible(ref, intent.split);
    if (takenProblems(objects, ref, madeFor(ref)).length > 0) return { patches: [], ...said };
    const apply = (object: KubeObject, of: { at: ObjectRef; fields: readonly string[] }): readonly ObjectPatch[] =>
      stands(objects.get(of.at), { wanted: object, fields: of.fields }) ? [] : [{ type: 'apply', object }];
    const nodes = (['primary', 'canary'] as const).flatMap((side) =>
      apply(virtualNode(side, { objects, ref }), { at: nodeRef(ref, side), fields: NODE_FIELDS }),
    );
    const route = apply(virtualRouter(ref, { protocol: listener.protocol, percent, intent }), {
      at: routerRef(ref),
      fields: ['listeners', 'routes'],
    });
    const service = apply(virtualService(ref), { at: serviceRef(ref), fields: ['provider'] });
    // A weight waits for nothing that is not needed to write it.
    const isStanding = ownRouter(objects, ref) !== undefined;
    return { patches: isStanding ? [...route, ...nodes, ...service] : [...nodes, ...route, ...service], ...said };
  },

  accepted: (objects, ref) => meshAcceptance(objects, ref),

  foreignManager: (objects, ref) => {
    const standing = ownRouter(objects, ref);
    return standing && foreignOwnerOf(standing, ['f:spec', 'f:routes']);
  },

  metrics: (objects, ref, side) => {
    const { port, protocol } = listenerOf(objects, ref);
    // Envoy's clusters count the 200 of a gRPC call that failed, and no requests of tcp.
    if (!isHttp(protocol)) return null;
    // The clients' Envoys, which also count what reached no pod, call a VirtualNode cds_egress_<mesh>_<awsName>_<protocol>_<port>.
    const cluster = `envoy_cluster_name=~"cds_egress_.+_${sideService(ref, side)}_${ref.namespace}_${protocol}_${port}"`;
    return {
      requests: `envoy_cluster_upstream_rq{${cluster}}`,
      errors: `envoy_cluster_upstream_rq{${cluster},envoy_response_code=~"5.."}`,
      durationBuckets: { selector: `envoy_cluster_upstream_rq_time_bucket{${cluster}}`, unit: 'ms' },
    };
  },

  release: (objects, ref) => ({
    patches: deletions(objects, ref, madeFor(ref)),
    effective: [],
    roundingErrorPpm: 0,
    warnings: [],
  }),
};
