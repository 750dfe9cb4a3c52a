import { type History, steady } from '#test/sandbox/prometheus/history.ts';

/** Series with the labels that real planes and exporters give them, for each of the ready-made templates. */

const growing = (by: number) => steady({ from: 0, to: 300, every: 15, by });
export const counters = (metric: string, rates: Readonly<Record<string, number>>): History =>
  Object.fromEntries(Object.entries(rates).map(([labels, by]) => [`${metric}{${labels}}`, growing(by)]));
export const histogram = (
  metric: string,
  labels: string,
  under: { readonly low: number; readonly high: number },
): History =>
  counters(metric, {
    [`${labels},le="0.1"`]: under.low,
    [`${labels},le="0.5"`]: under.high,
    [`${labels},le="+Inf"`]: under.high,
  });

type Plane = {
  readonly name: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly requests: string;
  readonly buckets: string;
  readonly unit: 's' | 'ms';
  readonly canary: string;
  readonly primary: string;
  readonly good: string;
  readonly bad: string;
  readonly bucketLabels?: string;
};

const envoy = {
  requests: 'envoy_cluster_upstream_rq',
  buckets: 'envoy_cluster_upstream_rq_time_bucket',
  unit: 'ms',
  good: 'envoy_response_code="200"',
  bad: 'envoy_response_code="503"',
} as const;
const byCode = { good: 'code="200"', bad: 'code="500"' } as const;

/** The labels are those of a real plane for an app whose Service has port 80. */
export const planes: readonly Plane[] = [
  {
    name: 'traefik',
    requests: 'traefik_service_requests_total',
    buckets: 'traefik_service_request_duration_seconds_bucket',
    unit: 's',
    canary: 'service="httproute-shop-app-gw-gateways-edge-ep-web-0-svc-shop-app-canary-80@kubernetesgateway"',
    primary: 'service="httproute-shop-app-gw-gateways-edge-ep-web-0-svc-shop-app-primary-80@kubernetesgateway"',
    ...byCode,
  },
  {
    name: 'traefik',
    requests: 'traefik_service_requests_total',
    buckets: 'traefik_service_request_duration_seconds_bucket',
    unit: 's',
    canary: 'service="shop-app-canary-80@kubernetescrd"',
    primary: 'service="shop-app-primary-80@kubernetescrd"',
    ...byCode,
  },
  {
    name: 'traefik-ingress',
    requests: 'traefik_service_requests_total',
    buckets: 'traefik_service_request_duration_seconds_bucket',
    unit: 's',
    canary: 'service="shop-app-app-80-canary@kubernetesingressnginx"',
    primary: 'service="shop-app-app-80@kubernetesingressnginx"',
    ...byCode,
  },
  {
    name: 'ingress-nginx',
    args: { namespaceLabel: 'exported_namespace' },
    requests: 'nginx_ingress_controller_requests',
    buckets: 'nginx_ingress_controller_request_duration_seconds_bucket',
    unit: 's',
    canary: 'exported_namespace="shop",ingress="app",canary="shop-app-canary-80"',
    primary: 'exported_namespace="shop",ingress="app"',
    good: 'status="200"',
    bad: 'status="502"',
  },
  {
    name: 'istio',
    requests: 'istio_requests_total',
    buckets: 'istio_request_duration_milliseconds_bucket',
    unit: 'ms',
    canary: 'reporter="source",destination_service_namespace="shop",destination_service_name="app-canary"',
    primary: 'reporter="source",destination_service_namespace="shop",destination_service_name="app-primary"',
    good: 'response_code="200"',
    bad: 'response_code="503"',
  },
  {
    name: 'linkerd',
    requests: 'response_total',
    buckets: 'response_latency_ms_bucket',
    unit: 'ms',
    canary: 'namespace="shop",deployment="app-canary",direction="inbound"',
    primary: 'namespace="shop",deployment="app-primary",direction="inbound"',
    good: 'classification="success"',
    bad: 'classification="failure"',
  },
  {
    name: 'linkerd-outbound',
    requests: 'outbound_http_route_backend_response_statuses_total',
    buckets: 'outbound_http_route_backend_response_duration_seconds_bucket',
    unit: 's',
    canary: 'backend_namespace="shop",backend_name="app-canary"',
    primary: 'backend_namespace="shop",backend_name="app-primary"',
    good: 'http_status="200"',
    bad: 'error="UNEXPECTED"',
  },
  {
    name: 'contour',
    canary: 'envoy_cluster_name="shop_app-canary_80"',
    primary: 'envoy_cluster_name="shop_app-primary_80"',
    ...envoy,
  },
  {
    name: 'envoy-gateway',
    canary: 'envoy_cluster_name="httproute/shop/app/rule/0/backend/1"',
    primary: 'envoy_cluster_name="httproute/shop/app/rule/0/backend/0"',
    ...envoy,
  },
  {
    name: 'kgateway',
    args: { port: '8080' },
    canary: 'envoy_cluster_name="kube_shop_app-canary_8080"',
    primary: 'envoy_cluster_name="kube_shop_app-primary_8080"',
    ...envoy,
  },
  {
    name: 'gloo',
    canary: 'envoy_cluster_name="shop-app-canaryupstream-80_gloo-system"',
    primary: 'envoy_cluster_name="shop-app-primaryupstream-80_gloo-system"',
    ...envoy,
  },
  { name: 'kuma', canary: 'service="app-canary_shop_svc_80"', primary: 'service="app-primary_shop_svc_80"', ...envoy },
  {
    name: 'app-mesh',
    canary: 'kubernetes_namespace="shop",kubernetes_pod_name="app-canary-5d8f-x2x4z"',
    primary: 'kubernetes_namespace="shop",kubernetes_pod_name="app-primary-5d8f-x2x4z"',
    ...envoy,
  },
  {
    name: 'cilium',
    requests: 'hubble_http_requests_total',
    buckets: 'hubble_http_request_duration_seconds_bucket',
    unit: 's',
    canary: 'destination_namespace="shop",destination_workload="app-canary"',
    primary: 'destination_namespace="shop",destination_workload="app-primary"',
    good: 'status="200"',
    bad: 'status="500"',
  },
  {
    name: 'f5-nginx',
    requests: 'nginx_ingress_controller_upstream_server_response_latency_ms_count',
    buckets: 'nginx_ingress_controller_upstream_server_response_latency_ms_bucket',
    unit: 'ms',
    canary: 'service="app-canary"',
    primary: 'service="app-primary"',
    ...byCode,
  },
  {
    name: 'apisix',
    requests: 'apisix_http_status',
    buckets: 'apisix_http_latency_bucket',
    unit: 'ms',
    canary: 'route="shop_app-app-canary_rule"',
    primary: 'route="shop_app_rule"',
    bucketLabels: ',type="request"',
    ...byCode,
  },
  {
    name: 'skipper',
    args: { routePrefix: 'kube_shop__app_canary__' },
    requests: 'skipper_response_duration_seconds_count',
    buckets: 'skipper_response_duration_seconds_bucket',
    unit: 's',
    canary: 'route="kube_shop__app_canary__h____app_canary"',
    primary: 'route="kube_shop__app__h____app_primary"',
    ...byCode,
  },
  {
    name: 'http-server',
    requests: 'http_requests_total',
    buckets: 'http_request_duration_seconds_bucket',
    unit: 's',
    canary: 'namespace="shop",pod="app-canary-5d8f-x2x4z"',
    primary: 'namespace="shop",pod="app-primary-5d8f-x2x4z"',
    ...byCode,
  },
  {
    name: 'http-server',
    args: { podLabel: 'kubernetes_pod_name', namespaceLabel: 'kubernetes_namespace' },
    requests: 'http_requests_total',
    buckets: 'http_request_duration_seconds_bucket',
    unit: 's',
    canary: 'kubernetes_namespace="shop",kubernetes_pod_name="app-canary-x2x4z"',
    primary: 'kubernetes_namespace="shop",kubernetes_pod_name="app-primary-x2x4z"',
    ...byCode,
  },
  {
    name: 'grpc-server',
    requests: 'grpc_server_handled_total',
    buckets: 'grpc_server_handling_seconds_bucket',
    unit: 's',
    canary: 'namespace="shop",pod="app-canary-5d8f-x2x4z"',
    primary: 'namespace="shop",pod="app-primary-5d8f-x2x4z"',
    good: 'grpc_code="NotFound"',
    bad: 'grpc_code="Internal"',
  },
];

const pod = 'namespace="shop",pod="app-canary-5d8f-x2x4z"';
const other = 'namespace="shop",pod="app-primary-5d8f-x2x4z"';
const gauges = (values: Readonly<Record<string, number>>): History =>
  Object.fromEntries(
    Object.entries(values).map(([series, value]) => [
      series,
      [
        [270, value],
        [290, value],
      ],
    ]),
  );

export const saturation: readonly (readonly [string, Readonly<Record<string, string>>, History, number])[] = [
  [
    'jvm-heap-used',
    {},
    gauges({
      [`jvm_memory_used_bytes{${pod},area="heap",id="eden"}`]: 30,
      [`jvm_memory_used_bytes{${pod},area="heap",id="old"}`]: 30,
      [`jvm_memory_max_bytes{${pod},area="heap",id="eden"}`]: -1,
      [`jvm_memory_max_bytes{${pod},area="heap",id="old"}`]: 100,
    }),
    60,
  ],
  [
    'jvm-gc-time',
    {},
    counters('jvm_gc_pause_seconds_sum', { [`${pod},action="minor"`]: 1.5, [`${other},action="minor"`]: 10 }),
    10,
  ],
  [
    'hikaricp-pending',
    {},
    gauges({ [`hikaricp_connections_pending{${pod}}`]: 3, [`hikaricp_connections_pending{${other}}`]: 9 }),
    3,
  ],
  [
    'nodejs-event-loop-lag',
    {},
    gauges({ [`nodejs_eventloop_lag_p99_seconds{${pod}}`]: 0.03, [`nodejs_eventloop_lag_p99_seconds{${other}}`]: 9 }),
    30,
  ],
  [
    'nodejs-heap-used',
    {},
    gauges({ [`nodejs_heap_size_used_bytes{${pod}}`]: 2_097_152, [`nodejs_heap_size_used_bytes{${other}}`]: 9e9 }),
    2,
  ],
  ['process-cpu', {}, counters('process_cpu_seconds_total', { [pod]: 3, [other]: 30 }), 0.2],
  [
    'process-memory',
    {},
    gauges({ [`process_resident_memory_bytes{${pod}}`]: 1_048_576, [`process_resident_memory_bytes{${other}}`]: 9e9 }),
    1,
  ],
  [
    'process-open-files',
    {},
    gauges({
      [`process_open_fds{${pod}}`]: 10,
      [`process_max_fds{${pod}}`]: 1000,
      [`process_open_fds{${other}}`]: 900,
      [`process_max_fds{${other}}`]: 1000,
    }),
    1,
  ],
  ['go-goroutines', {}, gauges({ [`go_goroutines{${pod}}`]: 40, [`go_goroutines{${other}}`]: 900 }), 40],
  [
    'container-cpu-saturation',
    {},
    {
      ...counters('container_cpu_usage_seconds_total', {
        [`${pod},container="app"`]: 7.5,
        [pod]: 7.5,
        [`${other},container="app"`]: 15,
      }),
      ...gauges({
        [`kube_pod_container_resource_limits{${pod},container="app",resource="cpu"}`]: 2,
        [`kube_pod_container_resource_limits{${other},container="app",resource="cpu"}`]: 1,
      }),
    },
    25,
  ],
  [
    'container-memory-saturation',
    {},
    gauges({
      [`container_memory_working_set_bytes{${pod},container="app"}`]: 50,
      [`container_memory_working_set_bytes{${pod}}`]: 50,
      [`kube_pod_container_resource_limits{${pod},container="app",resource="memory"}`]: 200,
      [`kube_pod_container_resource_limits{${pod},container="app",resource="cpu"}`]: 1,
    }),
    25,
  ],
  [
    'container-cpu-throttled',
    {},
    {
      ...counters('container_cpu_cfs_throttled_periods_total', { [pod]: 5, [other]: 9 }),
      ...counters('container_cpu_cfs_periods_total', { [pod]: 50, [other]: 10 }),
    },
    10,
  ],
  [
    'pod-restarts',
    {},
    {
      [`kube_pod_container_status_restarts_total{${pod},container="app"}`]: [
        [230, 1],
        [260, 3],
        [290, 3],
      ],
      [`kube_pod_container_status_restarts_total{${other},container="app"}`]: [
        [230, 1],
        [260, 9],
      ],
    },
    2,
  ],
  [
    'kafka-consumer-lag',
    { group: 'g', topic: 't.v1' },
    gauges({
      'kafka_consumergroup_lag{consumergroup="g",topic="t.v1",partition="0"}': 7,
      'kafka_consumergroup_lag{consumergroup="g",topic="t.v1",partition="1"}': 9,
      'kafka_consumergroup_lag{consumergroup="x",topic="t.v1",partition="0"}': 99,
    }),
    9,
  ],
  [
    'rabbitmq-queue-messages',
    { queue: 'orders' },
    gauges({
      'rabbitmq_queue_messages_ready{queue="orders",vhost="/"}': 4,
      'rabbitmq_queue_messages_ready{queue="orders",vhost="b"}': 40,
    }),
    4,
  ],
];
