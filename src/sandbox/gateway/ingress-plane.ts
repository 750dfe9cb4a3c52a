import type { Random } from '../../lib/random.ts';
import { textAnswer } from '../network/http.ts';
import { choosesCanary } from './canary-policy.ts';
import type { DataPlane, Failures } from './data-plane.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import { IngressTable } from './ingress-table.ts';
import type { ObjectView } from './object-view.ts';
import type { ServiceEndpoints } from './service-endpoints.ts';

const FAILURES: Failures = {
  missing: textAnswer(503, 'Service Temporarily Unavailable\n'),
  none: textAnswer(503, 'Service Temporarily Unavailable\n'),
  lost: textAnswer(502, 'Bad Gateway\n'),
};

export type IngressPlaneOptions = {
  readonly view: ObjectView;
  readonly className: string;
  readonly endpoints: ServiceEndpoints;
  readonly random: Random;
  readonly metrics: GatewayMetrics;
};

/** Ingresses, as ingress-nginx serves them. */
export const ingressPlane = ({ endpoints, random, metrics, ...options }: IngressPlaneOptions): DataPlane => {
  const ingresses = new IngressTable(options);
  return {
    changed: (kind) => {
      if (kind === 'Ingress') ingresses.changed();
    },
    find: (parsed) => {
      const location = ingresses.find(parsed);
      if (location === undefined) return undefined;
      const { canary, target, namespace, ingress, host, path } = location;
      // A primary without endpoints takes the host down, also for what would go to a healthy canary.
      const chosen =
        endpoints.hasReady(target) &&
        canary !== undefined &&
        endpoints.hasReady(canary.target) &&
        choosesCanary(canary.policy, parsed.request, random)
          ? canary.target
          : undefined;
      const labels = {
        namespace,
        ingress,
        service: target.service,
        host: host === '*' ? '_' : host,
        path,
        canary: chosen === undefined ? '' : `${chosen.namespace}-${chosen.service}-${chosen.port}`,
      };
      return {
        type: 'forward',
        target: chosen ?? target,
        request: parsed.request,
        failures: FAILURES,
        count: (served) => metrics.ingressNginx(labels, served),
      };
    },
  };
};
