import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { ConnectionError, type HttpAnswer, type HttpRequest, textAnswer } from '../network/http.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import { choosesCanary } from './canary-policy.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import type { HttpRouteEntry, HttpRouteTable } from './http-route-table.ts';
import type { IngressLocation, IngressTable } from './ingress-table.ts';
import { parseRequest } from './request-match.ts';
import type { Endpoint, ServiceEndpoints } from './service-endpoints.ts';

export type GatewayProxyOptions = {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: PodNetwork;
  readonly routes: HttpRouteTable;
  readonly ingresses: IngressTable;
  readonly endpoints: ServiceEndpoints;
  readonly metrics: GatewayMetrics;
};

/** Carries requests to pods by what the tables say; retries nothing. HTTPRoutes go before Ingresses. */
export const createGatewayProxy = (options: GatewayProxyOptions): ((request: HttpRequest) => Promise<HttpAnswer>) => {
  const { clock, random, network, routes, ingresses, endpoints, metrics } = options;

  const forward = async (endpoint: Endpoint, request: HttpRequest): Promise<HttpAnswer> => {
    try {
      return await network.send(endpoint, request);
    } catch (error) {
      if (error instanceof ConnectionError) return textAnswer(502, 'Bad Gateway\n');
      throw error;
    }
  };

  /** Traefik counts only what it has sent to a server: answers of its own count for no service. */
  const byRoute = async (entry: HttpRouteEntry, request: HttpRequest): Promise<HttpAnswer> => {
    const backend = entry.backends.next();
    if (backend === undefined || backend.problem !== undefined) return textAnswer(500, 'Internal Server Error\n');
    const endpoint = endpoints.pick(backend.target);
    if (endpoint === 'missing') return textAnswer(500, 'Internal Server Error\n');
    if (endpoint === 'none') return textAnswer(503, 'no available server\n');
    const begun = clock.monotonic();
    const answer = await forward(endpoint, request);
    const seconds = (clock.monotonic() - begun) / 1000;
    metrics.traefik(entry.metricName(backend), { method: request.method, status: answer.status, seconds });
    return answer;
  };

  const byIngress = async (location: IngressLocation, request: HttpRequest): Promise<HttpAnswer> => {
    const { canary, target, namespace, ingress, host, path } = location;
    // A primary without endpoints takes the host down, also for what would go to a healthy canary.
    const primary = endpoints.hasReady(target);
    const chosen =
      primary &&
      canary !== undefined &&
      endpoints.hasReady(canary.target) &&
      choosesCanary(canary.policy, request, random)
        ? canary.target
        : undefined;
    const endpoint = endpoints.pick(chosen ?? target);
    const begun = clock.monotonic();
    const answer =
      endpoint === 'none' || endpoint === 'missing'
        ? textAnswer(503, 'Service Temporarily Unavailable\n')
        : await forward(endpoint, request);
    metrics.ingressNginx(
      {
        namespace,
        ingress,
        service: target.service,
        host: host === '*' ? '_' : host,
        path,
        canary: chosen === undefined ? '' : `${chosen.namespace}-${chosen.service}-${chosen.port}`,
      },
      { method: request.method, status: answer.status, seconds: (clock.monotonic() - begun) / 1000 },
    );
    return answer;
  };

  return async (request) => {
    const parsed = parseRequest(request);
    const entry = routes.find(parsed);
    if (entry !== undefined) return byRoute(entry, request);
    const location = ingresses.find(parsed);
    return location === undefined ? textAnswer(404, '404 page not found\n') : byIngress(location, request);
  };
};
