import { type JsonRecord, listAt } from '#src/lib/json.ts';
import { type KubeObject, keyOf } from '#src/lib/kube-object.ts';
import type { LeafRoute } from '#src/sandbox/gateway/gloo/route-tree.ts';
import { type AskGloo, translate } from '#src/sandbox/gateway/gloo/translate.ts';
import { clusterOf, destinationsOf, upstreamPlace } from '#src/sandbox/gateway/gloo/upstreams.ts';
import type { ObjectView } from '#src/sandbox/gateway/object-view.ts';
import type { ServiceEndpoints } from '#src/sandbox/gateway/service-endpoints.ts';
import { oldestFirst } from '#src/sandbox/workloads/oldest-first.ts';
import { glooMatch, glooRouteOptions } from './gloo-match.ts';
import { actionTo, distinct, type Snapshot } from './snapshot.ts';

type GlooViews = { readonly view: ObjectView; readonly endpoints: ServiceEndpoints; readonly ask: AskGloo };

const envoyRoutes = ({ matchers, route, owner }: LeafRoute, view: ObjectView): readonly JsonRecord[] => {
  const weighted = destinationsOf(route).map(({ destination, weight }) => ({
    cluster: clusterOf(upstreamPlace(destination, owner), view)?.name,
    weight,
  }));
  const action = actionTo(weighted, glooRouteOptions(route));
  return matchers.map((matcher) => ({ match: glooMatch(matcher), ...action }));
};

/**
 * What Gloo tells its gateway's Envoy, each time that it is asked: every VirtualService with the RouteTables that it
 * delegates to, as it was last accepted, and every Upstream of type kube.
 */
export const glooTranslator = ({ view, endpoints, ask }: GlooViews): (() => Snapshot) => {
  const accepted = new Map<string, readonly JsonRecord[]>();
  const routesOf = (service: KubeObject): readonly JsonRecord[] => {
    const key = keyOf(service.metadata);
    const { routes, reports } = translate(service, { view, ask });
    if (!reports.isRejected)
      accepted.set(
        key,
        routes.flatMap((leaf) => envoyRoutes(leaf, view)),
      );
    return accepted.get(key) ?? [];
  };
  return () => {
    const services = [...view.list('GlooVirtualService')].sort(oldestFirst);
    const known = new Set(services.map(({ metadata }) => keyOf(metadata)));
    for (const key of accepted.keys()) if (!known.has(key)) accepted.delete(key);
    const clusters = view.list('Upstream').flatMap(({ metadata: { namespace = '', name } }) => {
      const cluster = clusterOf({ namespace, name }, view);
      return cluster === undefined ? [] : [{ name: cluster.name, endpoints: endpoints.all(cluster.target) }];
    });
    return {
      virtualHosts: services.map((service) => ({
        name: keyOf(service.metadata).replace('/', '_'),
        domains: listAt(service, 'spec', 'virtualHost', 'domains').map(String),
        routes: routesOf(service),
      })),
      clusters: distinct(clusters),
    };
  };
};
