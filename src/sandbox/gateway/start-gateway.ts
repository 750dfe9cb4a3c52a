import type { Random } from '../../lib/random.ts';
import type { ClusterBackend, ClusterEvent } from '../backend.ts';
import { type HttpHandler, textAnswer } from '../network/http.ts';
import { type HttpServer, serveHttp } from '../network/http-server.ts';
import { EXPOSITION_TYPE, MetricRegistry } from '../network/metric-registry.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import { DelayLine } from '../workloads/delay-line.ts';
import { createAppMeshController } from './app-mesh/app-mesh-controller.ts';
import { appMeshPlane } from './app-mesh/app-mesh-plane.ts';
import type { AskAws } from './app-mesh/aws-answer.ts';
import type { DataPlane } from './data-plane.ts';
import { createClusterMetrics } from './envoy/cluster-metrics.ts';
import { createGatewayMetrics } from './gateway-metrics.ts';
import { createGatewayProxy } from './gateway-proxy.ts';
import { createGatewayStatus } from './gateway-status.ts';
import { glooPlane } from './gloo/gloo-plane.ts';
import { createGlooStatus } from './gloo/gloo-status.ts';
import type { AskGloo } from './gloo/translate.ts';
import { httpRoutePlane } from './http-route-plane.ts';
import { ingressPlane } from './ingress-plane.ts';
import { createIstioMetrics } from './istio/istio-metrics.ts';
import { istioPlane } from './istio/istio-plane.ts';
import { GATEWAY_KINDS, gatewayKindOf, ObjectView, type Place } from './object-view.ts';
import { istioGateway, traefik } from './route-implementation.ts';
import { ServiceEndpoints } from './service-endpoints.ts';
import { servicePlane } from './service-plane.ts';

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

export type GatewayOptions = {
  readonly backend: ClusterBackend;
  readonly random: Random;
  readonly network: PodNetwork;
  readonly timings?: Partial<GatewayTimings>;
  /** What the control planes that write a status say of an object; by default they take everything that is right. */
  readonly controlPlanes?: ControlPlanes;
};

export type ControlPlanes = {
  readonly appMesh?: AskAws | undefined;
  readonly gloo?: AskGloo | undefined;
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
 * Five data planes in one, each with the metrics that the original has: Gateways of the classes of Traefik and of Istio
 * with their HTTPRoutes, Ingresses of class `nginx` with ingress-nginx's canary annotations, and VirtualServices of Istio, Gloo Edge
 * and App Mesh. A host that none of them knows and that is the name of a Service reaches that Service.
 */
export const startGateway = (options: GatewayOptions): Gateway => {
  const { backend, random, network, timings, controlPlanes = {} } = options;
  const { appMesh: askAws = () => ({ type: 'active' }), gloo: ask = () => undefined } = controlPlanes;
  const { statusMs, trafficMs, programmedMs } = { ...DEFAULT_GATEWAY_TIMINGS, ...timings };
  const { clock } = backend;
  const view = new ObjectView();
  /** App Mesh serves what its controller has brought to AWS, not what stands in the cluster. */
  const aws = new ObjectView();
  // The labels of a pod hardly ever change, so that nobody sees that these are not late.
  const labelsOf = (pod: Required<Place>) =>
    backend.read({ apiVersion: 'v1', kind: 'Pod', ...pod })?.metadata.labels ?? {};
  const endpoints = new ServiceEndpoints(view, labelsOf);
  const registry = new MetricRegistry();
  const metrics = createGatewayMetrics(registry);
  const istioMetrics = createIstioMetrics(registry);
  const implementations = [traefik(metrics), istioGateway(istioMetrics, random)];
  const clusters = createClusterMetrics(registry);
  const meshPlane = appMeshPlane({ aws, view, random, metrics: clusters });
  const planes: readonly DataPlane[] = [
    ...implementations.map((implementation) => httpRoutePlane({ view, random, implementation })),
    ingressPlane({ view, className: 'nginx', endpoints, random, metrics }),
    istioPlane({ view, random, metrics: istioMetrics }),
    glooPlane({ view, random, metrics: clusters, ask }),
    meshPlane,
    servicePlane(view),
  ];
  const handle = createGatewayProxy({ clock, network, endpoints, planes });
  const takeEffect = (event: ClusterEvent): void => {
    const kind = view.apply(event);
    if (kind === undefined) return;
    endpoints.changed(event.object);
    for (const plane of planes) plane.changed(kind, event.object);
  };
  const traffic = new DelayLine({ clock, delayMs: trafficMs, deliver: takeEffect });
  const meshTraffic = new DelayLine<ClusterEvent>({
    clock,
    delayMs: trafficMs,
    deliver: (event) => {
      const kind = aws.apply(event);
      if (kind !== undefined) meshPlane.changed(kind, event.object);
    },
  });
  const writers = [
    ...implementations.map((of) => createGatewayStatus({ ...of, backend, statusMs, programmedMs })),
    createAppMeshController({ backend, statusMs, askAws, onTaken: (event) => meshTraffic.push(event) }),
    createGlooStatus({ backend, statusMs, ask }),
  ];
  const onEvent = (event: ClusterEvent): void => {
    if (gatewayKindOf(event.object) === undefined) return;
    for (const writer of writers) writer.onEvent(event);
    traffic.push(event);
  };
  for (const kind of Object.values(GATEWAY_KINDS))
    for (const object of backend.list(kind)) onEvent({ type: 'ADDED', object });
  const unsubscribe = backend.subscribe(onEvent);

  const servers: HttpServer[] = [];
  const scrape: HttpHandler = async ({ path }) =>
    path === '/metrics'
      ? { status: 200, headers: { 'content-type': EXPOSITION_TYPE }, body: registry.text() }
      : textAnswer(404, '404 page not found\n');

  return {
    handle,
    metrics: () => registry.text(),
    listen: async (ports = {}) => {
      const web = await serveHttp(handle, ports.web);
      const scraped = await serveHttp(scrape, ports.metrics);
      servers.push(web, scraped);
      return { url: web.url, metricsUrl: `${scraped.url}/metrics` };
    },
    stop: async () => {
      unsubscribe();
      for (const writer of writers) writer.stop();
      traffic.stop();
      meshTraffic.stop();
      await Promise.all(servers.map((server) => server.close()));
    },
  };
};
