import type { CanarySpec } from '../api/canary.ts';
import type { Problem } from '../api/problem.ts';
import { type Provider, providerOf } from '../api/provider.ts';
import { appMesh } from './app-mesh.ts';
import { gloo } from './gloo.ts';
import { httpRoute } from './httproute.ts';
import { ingressNginx } from './ingress-nginx.ts';
import { istio } from './istio.ts';
import type { Router } from './router.ts';

const ROUTERS: Readonly<Record<Provider, Router>> = {
  gatewayapi: httpRoute,
  istio,
  nginx: ingressNginx,
  appmesh: appMesh,
  gloo,
};

/** The router of a Canary's data plane; a problem when the spec, unlike what admission lets pass, names none. */
export const routerFor = (
  spec: Pick<CanarySpec, 'provider' | 'routeRef' | 'ingressRef' | 'service'>,
): { readonly router: Router } | { readonly problem: Problem } => {
  const provider = providerOf(spec);
  if (provider !== undefined) return { router: ROUTERS[provider] };
  const known = Object.keys(ROUTERS)
    .join(', ')
    .replace(/, (\w+)$/, ' or $1');
  const message =
    spec.provider === undefined
      ? 'nothing tells the data plane: want service.gatewayRefs, routeRef, ingressRef or provider'
      : `provider "${spec.provider}" is not supported yet: want ${known}`;
  return { problem: { where: 'spec.provider', message, reason: 'InvalidSpec' } };
};
