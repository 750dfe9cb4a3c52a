import type { Problem } from '../../api/problem.ts';
import { keyOf } from '../../lib/kube-object.ts';
import type { Objects, RouteRef } from '../router.ts';
import { gatewayRef } from './objects.ts';
import { gatewaysOf } from './own-virtual-service.ts';

/** The word for all sidecars; no Gateway has that name for a VirtualService. */
export const MESH = 'mesh';

/**
 * The Gateway that a VirtualService of `namespace` means, by Istio's rule (resolveGatewayName): `namespace/name`,
 * `./name`, a bare name, or, from its early days, `name.namespace.svc.cluster.local`. Undefined for the mesh.
 */
export const gatewayNamed = (
  written: string,
  namespace: string,
): { readonly namespace: string; readonly name: string } | undefined => {
  if (written === MESH) return undefined;
  if (written.includes('/')) {
    const [first = '', name = ''] = written.split('/', 2);
    return { namespace: first === '.' ? namespace : first, name };
  }
  const [name = '', second] = written.split('.');
  return { namespace: second ?? namespace, name };
};

/** The Gateways that a VirtualService of `namespace` is bound to, each written in one way only. */
export const gatewayKeys = (gateways: readonly string[], namespace: string): readonly string[] =>
  (gateways.length === 0 ? [MESH] : gateways).map((written) => {
    const named = gatewayNamed(written, namespace);
    return named === undefined ? MESH : keyOf(named);
  });

/** Gateways of the Canary that do not exist, of those that would be seen. */
export const missingGateways = ({ get, sees = () => true }: Objects, ref: RouteRef): readonly Problem[] =>
  gatewaysOf(ref).flatMap((written, index): readonly Problem[] => {
    const named = gatewayNamed(written, ref.namespace);
    if (named === undefined || get(gatewayRef(named)) !== undefined || !sees(gatewayRef(named))) return [];
    const message = `Gateway ${keyOf(named)} of networking.istio.io does not exist; want one that is there, as namespace/name, or ${MESH}`;
    return [{ where: `spec.service.gateways[${index}]`, message, reason: 'InvalidSpec' }];
  });
