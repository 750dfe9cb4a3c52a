import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers, type Component } from '../rig/component.ts';
import { ISTIO_GATEWAY, ISTIO_GATEWAY_LABELS } from '../rig/istio.ts';
import { ADDRESS, PORTS, program, type Rig } from '../rig/rig.ts';
import { ISTIO_CLUSTER } from './istiod.ts';

export const ENVOY_ADMIN = `http://127.0.0.1:${PORTS.envoyAdmin}`;

const { namespace } = ISTIO_GATEWAY;
/** What istiod knows the proxy by. */
export const ISTIO_PROXY = `gw-1.${namespace}`;

const bootstrapOf = ({ folder }: Rig): string => join(folder, 'istio', 'envoy.json');

const socket = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });
const ADS = { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' };

/** Envoy takes everything from istiod but the way to it. */
const BOOTSTRAP = {
  node: {
    id: `router~${ADDRESS}~${ISTIO_PROXY}~${namespace}.svc.cluster.local`,
    cluster: 'istio-ingressgateway',
    metadata: {
      NAMESPACE: namespace,
      ISTIO_VERSION: '1.31.0',
      CLUSTER_ID: ISTIO_CLUSTER,
      LABELS: ISTIO_GATEWAY_LABELS,
      INSTANCE_IPS: ADDRESS,
    },
  },
  admin: { address: socket(PORTS.envoyAdmin) },
  // Histograms stand still between flushes.
  stats_flush_interval: '1s',
  // By default the name of a cluster ends at its first dot, and the rest is taken for a part of the counter's name.
  stats_config: {
    use_all_default_tags: false,
    stats_tags: [
      { tag_name: 'envoy.cluster_name', regex: '^cluster\\.((.+?\\.svc\\.cluster\\.local|[^.]+);?\\.)' },
      { tag_name: 'envoy.response_code' },
      { tag_name: 'envoy.response_code_class' },
      { tag_name: 'envoy.http_conn_manager_prefix' },
    ],
  },
  dynamic_resources: {
    ads_config: {
      api_type: 'GRPC',
      transport_api_version: 'V3',
      set_node_on_first_message_only: true,
      grpc_services: [{ envoy_grpc: { cluster_name: 'istiod' } }],
    },
    lds_config: ADS,
    cds_config: ADS,
  },
  static_resources: {
    clusters: [
      {
        name: 'istiod',
        type: 'STATIC',
        connect_timeout: '1s',
        typed_extension_protocol_options: {
          'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
            '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
            explicit_http_config: { http2_protocol_options: {} },
          },
        },
        load_assignment: {
          cluster_name: 'istiod',
          endpoints: [{ lb_endpoints: [{ endpoint: { address: socket(PORTS.istiodXds) } }] }],
        },
      },
    ],
  },
};

/** The way into the mesh: a plain Envoy that istiod takes for an ingress gateway. */
export const istioGateway: Component = {
  name: 'istio-gateway',
  prepare: (rig) => {
    mkdirSync(join(rig.folder, 'istio'), { recursive: true });
    writeFileSync(bootstrapOf(rig), JSON.stringify(BOOTSTRAP));
  },
  argv: (rig) => [
    program(rig, 'envoy'),
    // Options with `=` are not understood.
    ...['--config-path', bootstrapOf(rig)],
    ...['--concurrency', '1'],
    ...['--log-level', 'warning'],
    '--disable-hot-restart',
  ],
  // Live when it has the listeners and clusters that istiod has for it.
  ready: () => answers(`${ENVOY_ADMIN}/ready`),
};
