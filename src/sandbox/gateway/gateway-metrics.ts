import type { MetricRegistry } from '../network/metric-registry.ts';

/** One request that a backend was asked for. */
export type Served = { readonly method: string; readonly status: number; readonly seconds: number };

export type IngressLabels = {
  readonly namespace: string;
  readonly ingress: string;
  readonly service: string;
  readonly host: string;
  readonly path: string;
  /** `<namespace>-<service>-<port>` of the canary that was asked; empty on the primary. */
  readonly canary: string;
};

export type GatewayMetrics = {
  /** Counts as Traefik does, by its name of the service. */
  readonly traefik: (service: string, served: Served) => void;
  /** Counts as ingress-nginx does: `ingress` and `service` are the primary's also for the canary. */
  readonly ingressNginx: (labels: IngressLabels, served: Served) => void;
};

const TRAEFIK_BUCKETS = [0.1, 0.3, 1.2, 5];
const NGINX_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The metrics of both, with the names, labels and default buckets that Traefik and ingress-nginx have. */
export const createGatewayMetrics = (registry: MetricRegistry): GatewayMetrics => {
  const traefikRequests = registry.counter('traefik_service_requests_total', 'Requests forwarded to a service.');
  const traefikDurations = registry.histogram(
    'traefik_service_request_duration_seconds',
    'Time that a service took to answer.',
    TRAEFIK_BUCKETS,
  );
  const nginxRequests = registry.counter('nginx_ingress_controller_requests', 'Requests of an Ingress.');
  const nginxDurations = registry.histogram(
    'nginx_ingress_controller_request_duration_seconds',
    'Time to answer a request of an Ingress.',
    NGINX_BUCKETS,
  );
  return {
    traefik: (service, { method, status, seconds }) => {
      const labels = { code: String(status), method, protocol: 'http', service };
      traefikRequests.add(labels);
      traefikDurations.observe(labels, seconds);
    },
    ingressNginx: (backend, { method, status, seconds }) => {
      const labels = { ...backend, method, status: String(status) };
      nginxRequests.add(labels);
      nginxDurations.observe(labels, seconds);
    },
  };
};
