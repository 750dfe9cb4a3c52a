import type { Random } from '../../lib/random.ts';
import { textAnswer } from '../network/http.ts';
import type { Failures, Outcome } from './data-plane.ts';
import { ENVOY_FAILURES } from './envoy/failures.ts';
import { byWeight } from './envoy/weighted-chance.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import type { IstioMetrics } from './istio/istio-metrics.ts';
import type { ServicePort } from './service-endpoints.ts';
import { SmoothWeights } from './smooth-weights.ts';

/** A backend as it is counted. */
export type CountedBackend = {
  readonly target: ServicePort;
  /** Traefik's name for it. */
  readonly metricName: string;
};

type Weighted = { readonly weight: number };

/** What one implementation of the Gateway API does in a way of its own. */
export type RouteImplementation = {
  readonly controllerName: string;
  /** Field manager of the statuses that it writes. */
  readonly manager: string;
  /** It has the filter RequestMirror. */
  readonly mirrors: boolean;
  readonly failures: Failures;
  /** Backends of a rule, taken by their weights: each call gives the next one. */
  readonly choose: <T extends Weighted>(backends: readonly T[]) => () => T | undefined;
  readonly count: (backend: CountedBackend, outcome: Outcome) => void;
  /** Counts a copy of a request. */
  readonly countCopy: (backend: CountedBackend, outcome: Outcome) => void;
};

/** As Traefik 3.7: it mirrors nothing, and counts only what it has sent to a server. */
export const traefik = (metrics: GatewayMetrics): RouteImplementation => ({
  controllerName: 'traefik.io/gateway-controller',
  manager: 'traefik',
  mirrors: false,
  failures: {
    missing: textAnswer(500, 'Internal Server Error\n'),
    none: textAnswer(503, 'no available server\n'),
    lost: textAnswer(502, 'Bad Gateway\n'),
  },
  choose: (backends) => {
    const weights = new SmoothWeights(backends);
    return () => weights.next();
  },
  count: ({ metricName }, { endpoint, ...served }) => {
    if (endpoint !== undefined) metrics.traefik(metricName, served);
  },
  countCopy: () => {},
});

/** As Istio's gateway: Envoy's chance, answers and counters; copies are counted by the pod's own proxy alone. */
export const istioGateway = (metrics: IstioMetrics, random: Random): RouteImplementation => {
  const place = ({ target }: CountedBackend) => ({ namespace: target.namespace, name: target.service });
  return {
    controllerName: 'istio.io/gateway-controller',
    manager: 'istiod',
    mirrors: true,
    failures: ENVOY_FAILURES,
    choose: (backends) => () => byWeight(backends, random),
    count: (backend, outcome) => metrics(place(backend), outcome),
    countCopy: (backend, outcome) => metrics(place(backend), outcome, { isCopy: true }),
  };
};
