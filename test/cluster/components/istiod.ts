import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ISTIOD } from '../parts/istio.ts';
import { answers, type Component } from '../rig/component.ts';
import { ISTIO_GATEWAY } from '../rig/istio.ts';
import { kubeconfigOf, PORTS, program, type Rig } from '../rig/rig.ts';

/** Where it tells what its proxies have: `/debug/syncz`; and `/metrics`. */
export const ISTIOD_DEBUG = `http://127.0.0.1:${PORTS.istiod}`;

/** Nodes and endpoints belong to it. */
export const ISTIO_CLUSTER = 'Kubernetes';

const meshOf = ({ folder }: Rig): string => join(folder, 'istio', 'mesh.json');

/**
 * Without mutual TLS: clusters would wait for certificates from an agent that is not there, stay warming, and keep every
 * listener away.
 */
const MESH = { enableAutoMtls: false };

/** Istio's control plane: no certificates, no injection, no webhooks, no Gateway API. */
export const istiod: Component = {
  name: 'istiod',
  prepare: (rig) => {
    mkdirSync(join(rig.folder, 'istio'), { recursive: true });
    writeFileSync(meshOf(rig), JSON.stringify(MESH));
  },
  argv: (rig) => [
    program(rig, ISTIOD),
    'discovery',
    `--kubeconfig=${kubeconfigOf(rig, 'istiod')}`,
    `--meshConfig=${meshOf(rig)}`,
    `--grpcAddr=127.0.0.1:${PORTS.istiodXds}`,
    '--secureGRPCAddr=',
    '--httpsAddr=',
    `--httpAddr=127.0.0.1:${PORTS.istiodHealth}`,
    `--monitoringAddr=:${PORTS.istiod}`,
    '--ctrlz_port=0',
  ],
  environment: () => ({
    CLUSTER_ID: ISTIO_CLUSTER,
    POD_NAMESPACE: ISTIO_GATEWAY.namespace,
    ENABLE_CA_SERVER: 'false',
    INJECTION_WEBHOOK_CONFIG_NAME: '',
    VALIDATION_WEBHOOK_CONFIG_NAME: '',
    PILOT_ENABLE_GATEWAY_API: 'false',
    // Who may ask for `/debug` from elsewhere, with a token for the audience istio-ca; loopback may without.
    DEBUG_ENDPOINT_AUTH_ALLOWED_NAMESPACES: 'serin-system',
    // Filters that a plain Envoy does not have.
    PILOT_ENABLE_METADATA_EXCHANGE: 'false',
    PILOT_ENABLE_ALPN_FILTER: 'false',
  }),
  ready: () => answers(`http://127.0.0.1:${PORTS.istiodHealth}/ready`),
};
