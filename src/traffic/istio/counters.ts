import type { Side } from '../../api/names.ts';
import type { MetricSelectors } from '../../rollout/metric-check.ts';
import type { RouteRef } from '../router.ts';
import { sideService } from '../split.ts';

/**
 * A response code of 0 is counted as an error. Envoy's access log page says of it that the server never sent the
 * beginning of a response, which generally means that the client went away; an Istio maintainer finds it hard to call
 * that a success (istio/istio#49884). A version that hangs shows in nothing else: Istio sets no time-out by default.
 * Clients that leave for reasons of their own do so on both sides.
 */
const HTTP_ERRORS = 'response_code=~"5..|0"';

/**
 * A gRPC call that failed has response code 200, also where the proxy itself has refused it. The codes are those that
 * a server is to blame for: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS.
 */
const GRPC_ERRORS = 'grpc_response_status=~"2|4|12|13|14|15"';

const selectors = (labels: string, errors: string): MetricSelectors => ({
  requests: `istio_requests_total{${labels}}`,
  errors: `istio_requests_total{${labels},${errors}}`,
  durationBuckets: { selector: `istio_request_duration_milliseconds_bucket{${labels}}`, unit: 'ms' },
});

/**
 * Counters of one side. `hosts`: it is a Service of its own. Only the source (gateway or client sidecar) sees requests
 * that never reached a pod (503 UH, NC, UF). `subsets`: both sides are one Service, and only the workload tells them
 * apart, which nobody knows of a request that reached no pod: such failures count for neither side. `mirrored`: the
 * side gets copies only. The source does not count these (istio/istio#23496), the pods' own proxies do.
 */
export const counters = (
  ref: RouteRef,
  { side, by }: { readonly side: Side; readonly by: 'hosts' | 'subsets' | 'mirrored' },
): MetricSelectors => {
  const reporter = `reporter="${by === 'mirrored' ? 'destination' : 'source'}"`;
  const labels =
    by === 'hosts'
      ? `destination_service_name="${sideService(ref, side)}",destination_service_namespace="${ref.namespace}"`
      : `destination_workload="${ref.target}-${side}",destination_workload_namespace="${ref.namespace}"`;
  const errors = ref.options.appProtocol === 'grpc' ? GRPC_ERRORS : HTTP_ERRORS;
  return selectors(`${reporter},${labels}`, errors);
};
