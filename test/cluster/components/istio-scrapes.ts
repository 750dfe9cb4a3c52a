import { PORTS } from '../rig/rig.ts';

/** Such as `outbound|80||podinfo-canary.shop.svc.cluster.local`. */
const CLUSTER = String.raw`outbound\|\d+\|[^|]*\|([^.|]+)\.([^.|]+)\.svc\.cluster\.local`;
const REQUESTS = 'envoy_cluster_upstream_rq';

const labelled = (label: string, text: string) => ({ target_label: label, replacement: text });
const fromCluster = (label: string, text: string) => ({
  source_labels: ['envoy_cluster_name'],
  regex: CLUSTER,
  ...labelled(label, text),
});
const named = (from: string, to: string) => ({ source_labels: ['__name__'], regex: from, ...labelled('__name__', to) });

/**
 * A plain Envoy lacks the filter that makes Istio's own metrics. Its counters of the clusters are given those names and
 * labels as they are scraped, not by recording rules, which would tell them later. A workload is named like its Service,
 * also where no pod has answered: there Istio's own filter knows no workload.
 */
const asIstioMetrics = [
  {
    source_labels: ['__name__', 'envoy_cluster_name'],
    regex: `${REQUESTS}(?:_time_(?:bucket|sum|count))?;${CLUSTER}`,
    action: 'keep',
  },
  named(REQUESTS, 'istio_requests_total'),
  named(`${REQUESTS}_time_(.+)`, 'istio_request_duration_milliseconds_$1'),
  labelled('reporter', 'source'),
  labelled('request_protocol', 'http'),
  fromCluster('destination_service', '$1.$2.svc.cluster.local'),
  fromCluster('destination_service_name', '$1'),
  fromCluster('destination_service_namespace', '$2'),
  fromCluster('destination_workload', '$1'),
  fromCluster('destination_workload_namespace', '$2'),
  { source_labels: ['envoy_response_code'], target_label: 'response_code' },
  { regex: 'envoy_.*', action: 'labeldrop' },
];

/** What Prometheus asks of Istio. */
export const istioScrapes = [
  { job_name: 'istiod', static_configs: [{ targets: [`127.0.0.1:${PORTS.istiod}`] }] },
  {
    job_name: 'istio-gateway',
    metrics_path: '/stats/prometheus',
    // Of more than a thousand counters, those that are named below.
    params: { filter: [String.raw`^cluster\.outbound\|[^;]*;\.upstream_rq_(\d+|time)$`] },
    static_configs: [{ targets: [`127.0.0.1:${PORTS.envoyAdmin}`] }],
    metric_relabel_configs: asIstioMetrics,
  },
];
