import type { MetricRegistry } from '../../network/metric-registry.ts';
import type { Served } from '../gateway-metrics.ts';
import { ENVOY_BUCKETS_MS } from './buckets.ts';

/** Counts a request of a cluster; `labels` are those that tell clusters and the Envoys that report them apart. */
export type ClusterMetrics = (labels: Readonly<Record<string, string>>, served: Served) => void;

/** What Envoys count for each of their clusters, under the names that their Prometheus endpoint gives it. */
export const createClusterMetrics = (registry: MetricRegistry): ClusterMetrics => {
  const requests = registry.counter('envoy_cluster_upstream_rq', 'Requests of a cluster by code.');
  const classes = registry.counter('envoy_cluster_upstream_rq_xx', 'Requests of a cluster by class of code.');
  const times = registry.histogram('envoy_cluster_upstream_rq_time', 'Request time, ms.', ENVOY_BUCKETS_MS);
  return (labels, { status, seconds }) => {
    requests.add({ ...labels, envoy_response_code: String(status) });
    classes.add({ ...labels, envoy_response_code_class: String(Math.floor(status / 100)) });
    times.observe(labels, seconds * 1000);
  };
};
