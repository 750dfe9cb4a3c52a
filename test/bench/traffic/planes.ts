import type { Size } from '../../cluster/rig/bring-up.ts';
import type { Plane } from '../../cluster/world/place.ts';

/** One of the data planes that are measured, as the table and `--plane` name it. */
export type MeasuredPlane = {
  readonly plane: Extract<Plane, 'HTTPRoute' | 'Ingress' | 'VirtualService'>;
  /** What splits the requests. */
  readonly by: string;
  /** The programs of it that run in the rig. */
  readonly programs: readonly string[];
  /** The rig in which it stands. */
  readonly size: Size;
  /** Plural of the object that has the weight, as the audit log names it. */
  readonly resource: string;
};

export const PLANES: Readonly<Record<string, MeasuredPlane>> = {
  httproute: { plane: 'HTTPRoute', by: 'Traefik', programs: ['traefik'], size: 'traffic', resource: 'httproutes' },
  ingress: {
    plane: 'Ingress',
    by: "Traefik's ingress-nginx provider",
    programs: ['traefik'],
    size: 'traffic',
    resource: 'ingresses',
  },
  virtualservice: {
    plane: 'VirtualService',
    by: 'istiod and Envoy',
    programs: ['pilot-discovery', 'envoy'],
    size: 'istio',
    resource: 'virtualservices',
  },
};
