import type { Random } from '../../lib/random.ts';
import type { ClusterBackend, ClusterEvent } from '../backend.ts';
import { type HttpHandler, textAnswer } from '../network/http.ts';
import { type HttpServer, serveHttp } from '../network/http-server.ts';
import { EXPOSITION_TYPE } from '../network/metric-registry.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import { DelayLine } from '../workloads/delay-line.ts';
import { createGatewayMetrics } from './gateway-metrics.ts';
import { createGatewayProxy } from './gateway-proxy.ts';
import { createGatewayStatus } from './gateway-status.ts';
import { HttpRouteTable } from './http-route-table.ts';
import { IngressTable } from './ingress-table.ts';
import { GATEWAY_KINDS, isGatewayKind, ObjectView } from './object-view.ts';
import { ServiceEndpoints } from './service-endpoints.ts';

/** How late the gateway is, in milliseconds. */
export type GatewayTimings = {
  /** From a change of a route to its status. */
  readonly statusMs: number;
  /** From a change of anything to the first request that goes by it. */
  readonly trafficMs: number;
  /** From a change of a Gateway to its status. */
  readonly programmedMs: number;
};

/** As measured on Traefik 3.7: a route's status says a new generation long before requests follow it. */
const DEFAULT_GATEWAY_TIMINGS: GatewayTimings = { statusMs: 17, trafficMs: 128, programmedMs: 100 };

export const CONTROLLER_NAME = 'traefik.io/gateway-controller';

export type GatewayOptions = {
  readonly backend: ClusterBackend;
  readonly random: Random;
  readonly network: PodNetwork;
  readonly timings?: Partial<GatewayTimings>;
};

export type Gateway = {
  /** Carries one request in process, as a client of the gateway's address would send it. */
  readonly handle: HttpHandler;
  /** What a scrape of its metrics would get. */
  readonly metrics: () => string;
  /** Opens real servers on loopback for requests and for `/metrics`; ports of 0 are free ones. */
  readonly listen: (ports?: { readonly web?: number; readonly metrics?: number }) => Promise<{
    readonly url: string;
    readonly metricsUrl: string;
  }>;
  readonly stop: () => Promise<void>;
};

/**
 * Two data planes in one: Gateways of the class of Traefik with their HTTPRoutes, and Ingresses of class `nginx` with
 * ingress-nginx's canary annotations, each with the metrics that the original has.
 */
export const startGateway = ({ backend, random, network, timings }: GatewayOptions): Gateway => {
  const { statusMs, trafficMs, programmedMs } = { ...DEFAULT_GATEWAY_TIMINGS, ...timings };
  const { clock } = backend;
  const view = new ObjectView();
  const routes = new HttpRouteTable({ view, controllerName: CONTROLLER_NAME });
  const ingresses = new IngressTable({ view, className: 'nginx' });
  const endpoints = new ServiceEndpoints(view);
  const metrics = createGatewayMetrics();
  const handle = createGatewayProxy({ clock, random, network, routes, ingresses, endpoints, metrics });
  const status = createGatewayStatus({ backend, controllerName: CONTROLLER_NAME, statusMs, programmedMs });

  const takeEffect = (event: ClusterEvent): void => {
    const kind = view.apply(event);
    if (kind === undefined) return;
    routes.changed(kind, event.object);
    endpoints.changed(event.object);
    if (kind === 'Ingress') ingresses.changed();
  };
  const traffic = new DelayLine({ clock, delayMs: trafficMs, deliver: takeEffect });
  const onEvent = (event: ClusterEvent): void => {
    if (!isGatewayKind(event.object.kind)) return;
    status.onEvent(event);
    traffic.push(event);
  };
  for (const kind of GATEWAY_KINDS) for (const object of backend.list(kind)) onEvent({ type: 'ADDED', object });
  const unsubscribe = backend.subscribe(onEvent);

  const servers: HttpServer[] = [];
  const scrape: HttpHandler = async ({ path }) =>
    path === '/metrics'
      ? { status: 200, headers: { 'content-type': EXPOSITION_TYPE }, body: metrics.text() }
      : textAnswer(404, '404 page not found\n');

  return {
    handle,
    metrics: metrics.text,
    listen: async (ports = {}) => {
      const web = await serveHttp(handle, ports.web);
      const scraped = await serveHttp(scrape, ports.metrics);
      servers.push(web, scraped);
      return { url: web.url, metricsUrl: `${scraped.url}/metrics` };
    },
    stop: async () => {
      unsubscribe();
      status.stop();
      traffic.stop();
      await Promise.all(servers.map((server) => server.close()));
    },
  };
};
