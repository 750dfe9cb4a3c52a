import { at, type JsonRecord, listAt, numberAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { meshRoutes, placeOf } from '#src/sandbox/gateway/app-mesh/mesh-routes.ts';
import { nodeCluster } from '#src/sandbox/gateway/app-mesh/node-cluster.ts';
import type { ObjectView, Place } from '#src/sandbox/gateway/object-view.ts';
import type { ServiceEndpoints } from '#src/sandbox/gateway/service-endpoints.ts';
import { meshMatch, meshRouteOptions } from './mesh-match.ts';
import { actionTo, distinct, type EnvoyCluster, type Snapshot } from './snapshot.ts';

export type MeshViews = {
  /** What AWS has of VirtualServices, VirtualRouters and VirtualNodes. */
  readonly aws: ObjectView;
  readonly view: ObjectView;
  readonly endpoints: ServiceEndpoints;
};

type Led = { readonly routes: readonly JsonRecord[]; readonly clusters: readonly EnvoyCluster[] };

const toNode = (
  place: Required<Place>,
  { views, port }: { readonly views: MeshViews; readonly port?: number | undefined },
) => {
  const { aws, view, endpoints } = views;
  const node = aws.get('VirtualNode', place);
  const cluster = node && nodeCluster(node, { view, port });
  return cluster && { name: `cds_egress_${cluster.name}`, endpoints: endpoints.all(cluster.target) };
};

const byRouter = (router: KubeObject, views: MeshViews): Led => {
  const clusters: EnvoyCluster[] = [];
  const routes = meshRoutes(router).map(({ match, options, targets }) => {
    const weighted = targets.map(({ place, port, weight }) => {
      const cluster = place && toNode(place, { views, port });
      if (cluster !== undefined) clusters.push(cluster);
      return { cluster: cluster?.name, weight };
    });
    return { match: meshMatch(match), ...actionTo(weighted, meshRouteOptions(options)) };
  });
  return { routes, clusters };
};

const ofService = (service: KubeObject, views: MeshViews): Led => {
  const provider = at(service, 'spec', 'provider');
  const node = at(provider, 'virtualNode', 'virtualNodeRef');
  if (node !== undefined) {
    const cluster = toNode(placeOf(node, service), { views });
    const route = { match: { prefix: '/' }, ...actionTo([{ cluster: cluster?.name, weight: 1 }]) };
    return { routes: [route], clusters: cluster === undefined ? [] : [cluster] };
  }
  const router = views.aws.get('VirtualRouter', placeOf(at(provider, 'virtualRouter', 'virtualRouterRef'), service));
  return router === undefined ? { routes: [], clusters: [] } : byRouter(router, views);
};

const hostNamed = (name: string, domains: readonly string[], { routes }: Led): JsonRecord => ({
  name,
  domains,
  routes,
});

/** A Service as the mesh leads to it that knows nothing of it: its egress filter lets everything pass. */
const passedThrough = (service: KubeObject, { endpoints }: MeshViews): Led => {
  const { namespace = '', name } = service.metadata;
  const port = numberAt(service, 'spec', 'ports', 0, 'port') ?? 0;
  const cluster = {
    name: `passthrough_${namespace}_${name}`,
    endpoints: endpoints.all({ namespace, service: name, port }),
  };
  const route = { match: { prefix: '/' }, ...actionTo([{ cluster: cluster.name, weight: 1 }]) };
  return { routes: [route], clusters: [cluster] };
};

/**
 * What App Mesh tells the Envoy of a client that may call every VirtualService of the mesh: each by its name in AWS, and
 * other Services by theirs.
 */
export const meshSnapshot = (views: MeshViews): Snapshot => {
  const services = views.aws.list('AppMeshVirtualService').map((service) => ({
    name: stringAt(service, 'spec', 'awsName') ?? '',
    led: ofService(service, views),
  }));
  const known = new Set(services.map(({ name }) => name));
  const others = views.view
    .list('Service')
    .filter((service) => listAt(service, 'spec', 'ports').length > 0)
    .map((service) => ({
      name: `${service.metadata.name}.${service.metadata.namespace}`,
      led: passedThrough(service, views),
    }))
    .filter(({ name }) => !known.has(name));
  const all = [...services, ...others];
  return {
    virtualHosts: all.map(({ name, led }) => hostNamed(name, [name, `${name}.svc.cluster.local`], led)),
    clusters: distinct(all.flatMap(({ led }) => led.clusters)),
  };
};
