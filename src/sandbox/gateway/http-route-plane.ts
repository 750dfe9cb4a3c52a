import { textAnswer } from '../network/http.ts';
import type { DataPlane, Failures, Passage } from './data-plane.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import { HttpRouteTable } from './http-route-table.ts';
import type { AttachmentOptions } from './route-attachment.ts';

const INVALID: Passage = { type: 'answer', answer: textAnswer(500, 'Internal Server Error\n') };
const FAILURES: Failures = {
  missing: textAnswer(500, 'Internal Server Error\n'),
  none: textAnswer(503, 'no available server\n'),
  lost: textAnswer(502, 'Bad Gateway\n'),
};

/** HTTPRoutes, as Traefik serves them. */
export const httpRoutePlane = ({ metrics, ...options }: AttachmentOptions & { metrics: GatewayMetrics }): DataPlane => {
  const routes = new HttpRouteTable(options);
  return {
    changed: (kind, object) => routes.changed(kind, object),
    find: (parsed) => {
      const entry = routes.find(parsed);
      if (entry === undefined) return undefined;
      const backend = entry.backends.next();
      if (backend === undefined || backend.problem !== undefined) return INVALID;
      return {
        type: 'forward',
        target: backend.target,
        request: parsed.request,
        failures: FAILURES,
        // Traefik counts only what it has sent to a server: answers of its own count for no service.
        count: ({ endpoint, ...served }) => {
          if (endpoint !== undefined) metrics.traefik(entry.metricName(backend), served);
        },
      };
    },
  };
};
