import { listAt, stringAt } from '../../../lib/json.ts';
import { type KubeObject, keyOf } from '../../../lib/kube-object.ts';
import { oldestFirst } from '../../workloads/oldest-first.ts';
import type { DataPlane } from '../data-plane.ts';
import { NO_ROUTE } from '../envoy/failures.ts';
import { leadBy, type OrderedRoute, routeOrWords } from '../envoy/ordered-route.ts';
import { bySpecificity, covers } from '../hostnames.ts';
import type { GatewayKind, ObjectView } from '../object-view.ts';
import { serviceNamed } from '../service-names.ts';
import { IstioClusters, serviceOfHost } from './istio-clusters.ts';
import { gatewayName, routeTest } from './istio-match.ts';
import { type IstioRouteOptions, leadOf } from './istio-route.ts';

const READ: readonly GatewayKind[] = ['IstioVirtualService', 'IstioGateway', 'DestinationRule'];

/** All routes of one host behind one gateway, in order. */
type VirtualHost = { readonly host: string; readonly routes: readonly OrderedRoute[] };

export type IstioPlaneOptions = Pick<IstioRouteOptions, 'random' | 'metrics'> & { readonly view: ObjectView };

/**
 * VirtualServices of Istio. A request comes in by every Gateway that has a server of plain HTTP for its host; where no
 * route there takes it, it is that of a pod in the mesh.
 */
export const istioPlane = ({ view, ...options }: IstioPlaneOptions): DataPlane => {
  const clusters = new IstioClusters(view);
  const compiled = new Map<string, readonly VirtualHost[]>();

  const routesOf = (service: KubeObject, via: string): readonly OrderedRoute[] => {
    const { namespace = '' } = service.metadata;
    return listAt(service, 'spec', 'http').flatMap((route): readonly OrderedRoute[] => {
      const child = delegateOf(route, namespace);
      if (child !== undefined) return delegated(route, { child, via, namespace });
      const compile = (): OrderedRoute => {
        const fits = routeTest(route, { via, namespace });
        return { fits: fits ?? (() => false), lead: leadOf(route, { ...options, namespace, clusters }) };
      };
      return [routeOrWords(compile)];
    });
  };

  /** A delegate has no hosts and gateways of its own; its routes take what the root's route takes too. */
  const delegated = (
    root: unknown,
    { child, via, namespace }: { readonly child: string; readonly via: string; readonly namespace: string },
  ): readonly OrderedRoute[] => {
    const [within = '', name = ''] = child.split('/');
    const service = view.get('IstioVirtualService', { namespace: within, name });
    if (service === undefined || listAt(service, 'spec', 'hosts').length > 0) return [];
    const outer = routeTest(root, { via, namespace });
    if (outer === undefined) return [];
    return routesOf(service, via).map(({ fits, lead }) => ({
      fits: (request) => outer(request) && fits(request),
      lead,
    }));
  };

  /** VirtualServices that are bound to a gateway, by host from the most specific to the least; the oldest goes first. */
  const hostsBehind = (via: string): readonly VirtualHost[] => {
    const known = compiled.get(via);
    if (known !== undefined) return known;
    const entries = [...view.list('IstioVirtualService')].sort(oldestFirst).flatMap((service) => {
      const { namespace = '' } = service.metadata;
      const bound = listAt(service, 'spec', 'gateways').map((name) => gatewayName(String(name), namespace));
      if (!(bound.length === 0 ? ['mesh'] : bound).includes(via)) return [];
      const routes = routesOf(service, via);
      return listAt(service, 'spec', 'hosts').map((host) => ({ host: fullName(String(host), namespace), routes }));
    });
    const hosts = [...Map.groupBy(entries, ({ host }) => host)]
      .sort(([a], [b]) => bySpecificity(a, b))
      // Sidecars take one VirtualService for a host, gateways put all of them together.
      .map(([host, of]) => ({
        host,
        routes: via === 'mesh' ? (of[0]?.routes ?? []) : of.flatMap((one) => one.routes),
      }));
    compiled.set(via, hosts);
    return hosts;
  };

  const gatewaysFor = (host: string): readonly string[] =>
    view
      .list('IstioGateway')
      .filter((gateway) =>
        listAt(gateway, 'spec', 'servers').some(
          (server) =>
            stringAt(server, 'port', 'protocol')?.toUpperCase() === 'HTTP' &&
            listAt(server, 'hosts').some((name) => covers(String(name).replace(/^.*\//, ''), host)),
        ),
      )
      .map(({ metadata }) => keyOf(metadata));

  return {
    changed: (kind) => {
      if (!READ.includes(kind)) return;
      compiled.clear();
      clusters.changed();
    },
    find: (request) => {
      if (view.list('IstioVirtualService').length === 0) return undefined;
      let isKnown = false;
      for (const via of [...gatewaysFor(request.host), 'mesh']) {
        const names = via === 'mesh' ? [meshName(request.host), request.host] : [request.host];
        const behind = hostsBehind(via).find(({ host }) => names.some((name) => covers(host, name)));
        const passage = behind && leadBy(behind.routes, request);
        if (passage !== undefined) return passage;
        isKnown ||= behind !== undefined;
      }
      return isKnown ? NO_ROUTE : undefined;
    },
  };
};

/** `namespace/name` of the VirtualService that a route delegates to. */
const delegateOf = (route: unknown, namespace: string): string | undefined => {
  const name = stringAt(route, 'delegate', 'name');
  return name === undefined ? undefined : `${stringAt(route, 'delegate', 'namespace') ?? namespace}/${name}`;
};

/** A host as it is written in an object of `namespace`, in full where it is a Service's. */
const fullName = (host: string, namespace: string): string => {
  const service = serviceOfHost(host, namespace);
  return service === undefined ? host : `${service.name}.${service.namespace}.svc.cluster.local`;
};

/** The name in full of the Service that a pod asks for by any of its names. */
const meshName = (host: string): string => {
  const service = serviceNamed(host);
  return service === undefined ? host : `${service.name}.${service.namespace}.svc.cluster.local`;
};
