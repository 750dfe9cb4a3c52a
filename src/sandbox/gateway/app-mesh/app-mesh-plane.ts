import { at, stringAt } from '../../../lib/json.ts';
import type { KubeObject } from '../../../lib/kube-object.ts';
import type { Random } from '../../../lib/random.ts';
import { textAnswer } from '../../network/http.ts';
import type { DataPlane, Failures, Outcome, Passage } from '../data-plane.ts';
import type { ClusterMetrics } from '../envoy/cluster-metrics.ts';
import { ENVOY_FAILURES, NO_CLUSTER, NO_ROUTE } from '../envoy/failures.ts';
import { leadBy, type OrderedRoute, routeOrWords, Unsupported } from '../envoy/ordered-route.ts';
import { byWeight } from '../envoy/weighted-chance.ts';
import type { GatewayKind, ObjectView, Place } from '../object-view.ts';
import type { ParsedRequest } from '../request-match.ts';
import { matchTest } from './app-mesh-match.ts';
import { type MeshRoute, meshRoutes, placeOf } from './mesh-routes.ts';
import { nodeCluster } from './node-cluster.ts';

/** An Envoy calls the Service's address: where nobody is behind it, no connection comes about. */
const FAILURES: Failures = { ...ENVOY_FAILURES, missing: ENVOY_FAILURES.lost, none: ENVOY_FAILURES.lost };

const READ: readonly GatewayKind[] = ['VirtualNode', 'VirtualRouter', 'AppMeshVirtualService'];

export type AppMeshPlaneOptions = {
  /** What App Mesh has taken of VirtualServices, VirtualRouters and VirtualNodes. */
  readonly aws: ObjectView;
  readonly view: ObjectView;
  readonly random: Random;
  readonly metrics: ClusterMetrics;
};

/**
 * VirtualServices of App Mesh, as the Envoy of a client in the mesh knows them: by their names in AWS. Listeners are told
 * apart by nothing, as requests here have no port; every client may call every VirtualService.
 */
export const appMeshPlane = ({ aws, view, random, metrics }: AppMeshPlaneOptions): DataPlane => {
  const compiled = new Map<string, readonly OrderedRoute[] | undefined>();

  /** The clients' Envoy reports every request, that of the pod those that it has seen. */
  const count = (cluster: string, { endpoint, answered, ...served }: Outcome): void => {
    metrics({ envoy_cluster_name: `cds_egress_${cluster}`, kubernetes_pod_name: 'client' }, served);
    if (!answered || endpoint?.pod === undefined) return;
    const { namespace, name } = endpoint.pod;
    const labels = { kubernetes_namespace: namespace, kubernetes_pod_name: name };
    metrics({ envoy_cluster_name: `cds_ingress_${cluster}`, ...labels }, served);
  };

  /** To the pods of a VirtualNode: by the name of a Service, which is called at the port where the node listens. */
  const toNode = (place: Required<Place>, { request }: ParsedRequest, port?: number): Passage => {
    const node = aws.get('VirtualNode', place);
    if (node === undefined) return NO_CLUSTER;
    const cluster = nodeCluster(node, { view, port });
    if (cluster === undefined) {
      const words = "The sandbox's gateway finds VirtualNodes by serviceDiscovery.dns only\n";
      return { type: 'answer', answer: textAnswer(500, words) };
    }
    const { name, target } = cluster;
    return { type: 'forward', target, request, failures: FAILURES, count: (outcome) => count(name, outcome) };
  };

  const compileRoute = ({ match, targets }: MeshRoute): OrderedRoute => {
    const known = targets.map(({ place, ...target }) => {
      if (place === undefined) throw new Unsupported('virtualNodeARN');
      return { place, ...target };
    });
    return {
      fits: matchTest(match),
      lead: (request) => {
        const chosen = byWeight(known, random);
        return chosen === undefined ? NO_CLUSTER : toNode(chosen.place, request, chosen.port);
      },
    };
  };

  const compileRouter = (router: KubeObject): readonly OrderedRoute[] =>
    meshRoutes(router).map((route) => routeOrWords(() => compileRoute(route)));

  const compileService = (service: KubeObject): readonly OrderedRoute[] => {
    const provider = at(service, 'spec', 'provider');
    const node = at(provider, 'virtualNode', 'virtualNodeRef');
    if (node !== undefined) {
      return [{ fits: () => true, lead: (request) => toNode(placeOf(node, service), request) }];
    }
    const router = aws.get('VirtualRouter', placeOf(at(provider, 'virtualRouter', 'virtualRouterRef'), service));
    return router === undefined ? [] : compileRouter(router);
  };

  const routesOf = (host: string): readonly OrderedRoute[] | undefined => {
    if (compiled.has(host)) return compiled.get(host);
    const service = aws.list('AppMeshVirtualService').find((one) => stringAt(one, 'spec', 'awsName') === host);
    const routes = service && compileService(service);
    compiled.set(host, routes);
    return routes;
  };

  return {
    changed: (kind) => {
      if (READ.includes(kind)) compiled.clear();
    },
    find: (request) => {
      const routes = routesOf(request.host);
      return routes && (leadBy(routes, request) ?? NO_ROUTE);
    },
  };
};
