import type { JsonRecord } from '#src/lib/json.ts';
import type { EnvoyCluster } from './snapshot.ts';

/** Of the only route configuration. */
export const ROUTES = 'web';

const typed = (name: string, content: JsonRecord): JsonRecord => ({
  '@type': `type.googleapis.com/envoy.config.${name}`,
  ...content,
});

/** Where an Envoy finds a resource that it follows. */
export const fromFile = (path: string): JsonRecord => ({ resource_api_version: 'V3', path_config_source: { path } });

export const address = (host: string, port: number): JsonRecord => ({
  socket_address: { address: host, port_value: port },
});

/** A cluster whose endpoints stand in a file of their own, as its removal must not wait for anything else. */
export const clusterResource = (name: string, endpoints: string): JsonRecord =>
  typed('cluster.v3.Cluster', {
    name,
    type: 'EDS',
    connect_timeout: '1s',
    eds_cluster_config: { eds_config: fromFile(endpoints) },
  });

export const endpointsResource = ({ name, endpoints }: EnvoyCluster): JsonRecord =>
  typed('endpoint.v3.ClusterLoadAssignment', {
    cluster_name: name,
    endpoints: [{ lb_endpoints: endpoints.map((one) => ({ endpoint: { address: address(one.address, one.port) } })) }],
  });

export const routesResource = (virtualHosts: readonly JsonRecord[]): JsonRecord =>
  typed('route.v3.RouteConfiguration', {
    name: ROUTES,
    virtual_hosts: virtualHosts,
    ignore_port_in_host_matching: true,
  });
