import type { CanarySpec } from '../api/canary.ts';
import type { Problem } from '../api/problem.ts';
import { providerOf } from '../api/provider.ts';
import { assertNever } from '../lib/assert-never.ts';
import { httpRoute } from './httproute.ts';
import { ingressNginx } from './ingress-nginx.ts';
import type { Router } from './router.ts';

type Spec = Pick<CanarySpec, 'provider' | 'routeRef' | 'ingressRef' | 'service'>;

const refused = (where: string, message: string): { readonly problem: Problem } => ({
  problem: { where, message, reason: 'InvalidSpec' },
});

/** A reference to a kind that a router takes, whatever version of it is asked for. */
const refersTo = (
  ref: { readonly apiVersion: string; readonly kind: string } | undefined,
  wanted: { readonly group: string; readonly kind: string },
): boolean => ref === undefined || (ref.apiVersion.startsWith(`${wanted.group}/`) && ref.kind === wanted.kind);

/** The router of a Canary's data plane, or why there is none. Admission refuses the same, but may have been bypassed. */
export const routerFor = (spec: Spec): { readonly router: Router } | { readonly problem: Problem } => {
  const provider = providerOf(spec);
  switch (provider) {
    case 'gatewayapi':
      if (!refersTo(spec.routeRef, { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute' })) {
        const found = `${spec.routeRef?.apiVersion} ${spec.routeRef?.kind}`;
        return refused(
          'spec.routeRef',
          `a route of kind ${found} is not supported yet: want gateway.networking.k8s.io/v1 HTTPRoute`,
        );
      }
      return { router: httpRoute };
    case 'nginx':
      if (!refersTo(spec.ingressRef, { group: 'networking.k8s.io', kind: 'Ingress' })) {
        const found = `${spec.ingressRef?.apiVersion} ${spec.ingressRef?.kind}`;
        return refused('spec.ingressRef', `kind ${found} is not an Ingress: want networking.k8s.io/v1 Ingress`);
      }
      return { router: ingressNginx };
    case undefined:
      return spec.provider === undefined
        ? refused('spec', 'nothing tells the data plane: want service.gatewayRefs, routeRef or ingressRef')
        : refused('spec.provider', `provider "${spec.provider}" is not supported yet: want gatewayapi or nginx`);
    default:
      return assertNever(provider, 'provider');
  }
};
