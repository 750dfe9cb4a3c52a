import type { MetricRegistry } from '../../network/metric-registry.ts';
import type { Outcome } from '../data-plane.ts';
import { ENVOY_BUCKETS_MS } from '../envoy/buckets.ts';
import type { Place } from '../object-view.ts';
import { workloadOf } from '../workload-name.ts';

/** The proxy that reports: the one that sends, or that of the pod. */
type Reporter = 'source' | 'destination';

/** Counts as Istio's proxies do. A copy is not counted by the proxy that sends it (istio/istio#23496). */
export type IstioMetrics = (service: Required<Place>, outcome: Outcome, options?: { readonly isCopy: boolean }) => void;

/** Why a proxy itself has answered, in Envoy's letters. */
const flagsOf = ({ answered, endpoint }: Outcome): string => (answered ? '-' : endpoint === undefined ? 'UH' : 'UF');

/** Istio's standard metrics, with the labels by which requests are told apart here. */
export const createIstioMetrics = (registry: MetricRegistry): IstioMetrics => {
  const requests = registry.counter('istio_requests_total', 'Requests of a destination.');
  const times = registry.histogram('istio_request_duration_milliseconds', 'Duration of requests.', ENVOY_BUCKETS_MS);
  const report = (reporter: Reporter, { namespace, name }: Required<Place>, outcome: Outcome): void => {
    const pod = outcome.endpoint?.pod;
    const labels = {
      reporter,
      source_workload: 'istio-ingressgateway',
      source_workload_namespace: 'istio-system',
      destination_workload: pod === undefined ? 'unknown' : workloadOf(pod.name),
      destination_workload_namespace: pod?.namespace ?? 'unknown',
      destination_service: `${name}.${namespace}.svc.cluster.local`,
      destination_service_name: name,
      destination_service_namespace: namespace,
      request_protocol: 'http',
      response_code: String(outcome.status),
      response_flags: flagsOf(outcome),
    };
    requests.add(labels);
    times.observe(labels, outcome.seconds * 1000);
  };
  return (service, outcome, { isCopy } = { isCopy: false }) => {
    if (!isCopy) report('source', service, outcome);
    // The pod's own proxy has not seen what never reached it.
    if (outcome.answered) report('destination', service, outcome);
  };
};
