import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesOf, writeResources } from '../planes/envoy-files.ts';
import { address, fromFile, ROUTES, routesResource } from '../planes/envoy-resources.ts';
import { answers, type Component } from '../rig/component.ts';
import { PORTS, program, type Rig } from '../rig/rig.ts';

/** Planes whose control planes cannot be had, and the ports of their Envoys. */
const PROXIES = {
  'app-mesh': { web: PORTS.meshWeb, admin: PORTS.meshAdmin },
  gloo: { web: PORTS.glooWeb, admin: PORTS.glooAdmin },
} as const;
export type PlaneProxy = keyof typeof PROXIES;

export const proxyFolder = ({ folder }: Rig, plane: PlaneProxy): string => join(folder, plane);
export const proxyAdmin = (plane: PlaneProxy): string => `http://127.0.0.1:${PROXIES[plane].admin}`;
export const proxyWeb = (plane: PlaneProxy): number => PROXIES[plane].web;

const MANAGER = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const ROUTER = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router';

const bootstrap = (plane: PlaneProxy, files: ReturnType<typeof filesOf>) => ({
  node: { id: plane, cluster: plane },
  admin: { address: address('127.0.0.1', PROXIES[plane].admin) },
  // Histograms stand still between flushes.
  stats_flush_interval: '1s',
  dynamic_resources: { cds_config: fromFile(files.clusters) },
  static_resources: {
    listeners: [
      {
        name: ROUTES,
        address: address('0.0.0.0', PROXIES[plane].web),
        filter_chains: [
          {
            filters: [
              {
                name: 'web',
                typed_config: {
                  '@type': MANAGER,
                  stat_prefix: ROUTES,
                  rds: { route_config_name: ROUTES, config_source: fromFile(files.routes) },
                  http_filters: [{ name: 'router', typed_config: { '@type': ROUTER } }],
                },
              },
            ],
          },
        ],
      },
    ],
  },
});

/** The Envoy of a plane: it reads files that a test writes as the plane's control plane would tell it. */
export const planeProxy = (plane: PlaneProxy): Component => ({
  name: `${plane}-envoy`,
  prepare: (rig) => {
    const files = filesOf(proxyFolder(rig, plane));
    writeResources(files.clusters, []);
    writeResources(files.routes, [routesResource([])]);
    writeFileSync(files.bootstrap, JSON.stringify(bootstrap(plane, files)));
  },
  argv: (rig) => [
    program(rig, 'envoy'),
    // Options with `=` are not understood.
    ...['--config-path', filesOf(proxyFolder(rig, plane)).bootstrap],
    ...['--concurrency', '1'],
    ...['--log-level', 'warning'],
    '--disable-hot-restart',
  ],
  ready: () => answers(`${proxyAdmin(plane)}/ready`),
});

/** What Prometheus asks of them. */
export const proxyScrapes = Object.entries(PROXIES).map(([plane, { admin }]) => ({
  job_name: `${plane}-envoy`,
  metrics_path: '/stats/prometheus',
  // Of some hundred counters, those that metrics are made of.
  params: { filter: [String.raw`^cluster\..*\.upstream_rq_(\d+|time)$`] },
  static_configs: [{ targets: [`127.0.0.1:${admin}`] }],
}));
