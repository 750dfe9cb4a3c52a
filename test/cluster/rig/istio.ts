import { apply } from './kubectl.ts';
import { ADDRESS, PORTS, type Rig } from './rig.ts';

/** The Gateway (Istio's kind) that leads requests into the mesh; VirtualServices name it `namespace/name`. */
export const ISTIO_GATEWAY = { name: 'ingressgateway', namespace: 'istio-system' } as const;
export const ISTIO_WEB = `http://${ADDRESS}:${PORTS.istioWeb}`;

/** Labels of the proxy, by which the Gateway finds it. */
export const ISTIO_GATEWAY_LABELS = { istio: 'ingressgateway' } as const;

/** What a platform team has of Istio before Serin comes, beside its CRDs. */
export const installIstio = async (rig: Rig): Promise<void> => {
  await apply(rig, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: ISTIO_GATEWAY.namespace } }]);
  await apply(rig, [
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: ISTIO_GATEWAY,
      spec: {
        selector: ISTIO_GATEWAY_LABELS,
        servers: [{ port: { number: PORTS.istioWeb, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
      },
    },
  ]);
};
