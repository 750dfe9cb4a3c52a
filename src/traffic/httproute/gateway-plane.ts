import type { Side } from '../../api/names.ts';
import { listAt, stringAt } from '../../lib/json.ts';
import type { KubeObject, ObjectRef } from '../../lib/kube-object.ts';
import type { MetricSelectors } from '../../rollout/metric-check.ts';
import type { Objects, RouteRef } from '../router.ts';
import { sideService } from '../split.ts';

/** Name and place of one side's Service and workload, as the planes write them into their labels. */
type Backend = {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  readonly workload: string;
  /** It gets copies of requests and nothing else. */
  readonly copiesOnly: boolean;
};

/** What one implementation of the Gateway API does in a way of its own. */
type GatewayPlane = {
  /** Its counters by backend; absent where it cannot tell the sides apart. */
  readonly metrics?: (backend: Backend) => MetricSelectors;
  /** What of the filter RequestMirror it has, by its conformance reports; nothing where it is absent. */
  readonly mirror?: 'full' | 'percent';
  /** It finds cookies by regular expression, and has the filter ResponseHeaderModifier in backendRefs; by its source. */
  readonly setsCookies?: true;
  /** Its conditions carry no observedGeneration, so that they cannot say which version of a route they mean. */
  readonly hidesGeneration?: true;
};

const selectors = (names: {
  readonly requests: string;
  readonly backend: string;
  readonly errors: string;
  readonly buckets: string;
  readonly unit: 's' | 'ms';
}): MetricSelectors => ({
  requests: `${names.requests}{${names.backend}}`,
  errors: `${names.requests}{${names.backend},${names.errors}}`,
  durationBuckets: { selector: `${names.buckets}{${names.backend}}`, unit: names.unit },
});

const envoyCluster = (backend: string): MetricSelectors =>
  selectors({
    requests: 'envoy_cluster_upstream_rq',
    backend,
    errors: 'envoy_response_code=~"5.."',
    buckets: 'envoy_cluster_upstream_rq_time_bucket',
    unit: 'ms',
  });

/**
 * By controllerName. Not all have counters, because theirs do not tell two backends of one rule apart: Envoy Gateway (one
 * Envoy cluster for both), NGINX Gateway Fabric (global counters), Cilium (depends on how Hubble is set up); nor have
 * Kong (one service for each rule), ALB and Lattice (CloudWatch), which are not listed. There the application's own
 * metrics serve.
 */
const PLANES: Readonly<Record<string, GatewayPlane>> = {
  'traefik.io/gateway-controller': {
    setsCookies: true,
    metrics: ({ namespace, service }) =>
      selectors({
        requests: 'traefik_service_requests_total',
        backend: `service=~".*-svc-${namespace}-${service}-[0-9]+@kubernetesgateway"`,
        errors: 'code=~"5.."',
        buckets: 'traefik_service_request_duration_seconds_bucket',
        unit: 's',
      }),
  },
  // The source reports also what never reached a pod (no endpoints, no connection), the destination cannot; of copies
  // only the pods' own proxies report anything (istio/istio#23496), who know the workload.
  'istio.io/gateway-controller': {
    mirror: 'percent',
    setsCookies: true,
    metrics: ({ namespace, service, workload, copiesOnly }) =>
      selectors({
        requests: 'istio_requests_total',
        backend: copiesOnly
          ? `reporter="destination",destination_workload_namespace="${namespace}",destination_workload="${workload}"`
          : `reporter="source",destination_service_namespace="${namespace}",destination_service_name="${service}"`,
        errors: 'response_code=~"5..|0"',
        buckets: 'istio_request_duration_milliseconds_bucket',
        unit: 'ms',
      }),
  },
  // A request that got no answer has `error` in place of `http_status`.
  'linkerd.io/policy-controller': {
    hidesGeneration: true,
    metrics: ({ namespace, service }) => {
      const backend = `backend_namespace="${namespace}",backend_name="${service}"`;
      const requests = 'outbound_http_route_backend_response_statuses_total';
      const buckets = 'outbound_http_route_backend_response_duration_seconds_bucket';
      return selectors({ requests, backend, errors: 'http_status=~"5..|"', buckets, unit: 's' });
    },
  },
  'projectcontour.io/gateway-controller': {
    mirror: 'full',
    setsCookies: true,
    metrics: ({ namespace, service, port }) => envoyCluster(`envoy_cluster_name="${namespace}_${service}_${port}"`),
  },
  'kgateway.dev/kgateway': {
    mirror: 'full',
    metrics: ({ namespace, service, port }) =>
      envoyCluster(`envoy_cluster_name=~"kube_${namespace}_${service}_${port}(_.*)?"`),
  },
  'gateways.kuma.io/controller': {
    metrics: ({ namespace, service, port }) => envoyCluster(`service="${service}_${namespace}_svc_${port}"`),
  },
  'gateway.envoyproxy.io/gatewayclass-controller': { mirror: 'percent', setsCookies: true },
  'gateway.nginx.org/nginx-gateway-controller': { mirror: 'percent' },
  'io.cilium/gateway-controller': { mirror: 'percent', setsCookies: true },
};

/** A parent of a route: as it is written there, and the object that it names. */
type Parent = { readonly written: unknown; readonly object: ObjectRef };

/** Parents of a route, with the API's defaults filled in. */
export const parentsOf = (route: KubeObject): readonly Parent[] =>
  listAt(route, 'spec', 'parentRefs').map((written) => ({
    written,
    object: {
      apiVersion: `${stringAt(written, 'group') ?? 'gateway.networking.k8s.io'}/v1`,
      kind: stringAt(written, 'kind') ?? 'Gateway',
      namespace: stringAt(written, 'namespace') ?? route.metadata.namespace ?? '',
      name: stringAt(written, 'name') ?? '',
    },
  }));

/** The controllers that have answered in a route's status. */
const answeredBy = (route: KubeObject): readonly string[] =>
  listAt(route, 'status', 'parents').flatMap((parent) => stringAt(parent, 'controllerName') ?? []);

/**
 * Controllers of a route: those that answered in its status; before that, those of its Gateways' classes. Undefined when
 * nobody has answered and a Gateway or its class cannot be seen: the status will tell.
 */
const controllersOf = (route: KubeObject, { get, sees = () => true }: Objects): ReadonlySet<string> | undefined => {
  const answered = answeredBy(route);
  if (answered.length > 0) return new Set(answered);
  const names = new Set<string>();
  for (const { object } of parentsOf(route)) {
    const name = stringAt(get(object), 'spec', 'gatewayClassName');
    if (name === undefined) {
      if (sees(object)) continue;
      return undefined;
    }
    const ref = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GatewayClass', name };
    const controller = stringAt(get(ref), 'spec', 'controllerName');
    if (controller !== undefined) names.add(controller);
    else if (!sees(ref)) return undefined;
  }
  return names;
};

/** The implementation behind a route; an unknown one, or several at once, promise nothing. `later`: nobody can tell yet. */
export const gatewayPlane = (route: KubeObject, objects: Objects): GatewayPlane | 'later' => {
  const controllers = controllersOf(route, objects);
  if (controllers === undefined) return 'later';
  const [controller, ...others] = controllers;
  return (controller !== undefined && others.length === 0 ? PLANES[controller] : undefined) ?? {};
};

/** Counters of one side behind a route; null where its plane cannot tell the sides apart. */
export const gatewayMetrics = (
  route: KubeObject,
  {
    objects,
    ref,
    side,
    copiesOnly,
  }: { readonly objects: Objects; readonly ref: RouteRef; readonly side: Side; readonly copiesOnly: boolean },
): MetricSelectors | null | 'later' => {
  const { namespace, port, target } = ref;
  const backend = { namespace, service: sideService(ref, side), port, workload: `${target}-${side}`, copiesOnly };
  const plane = gatewayPlane(route, objects);
  return plane === 'later' ? plane : (plane.metrics?.(backend) ?? null);
};
