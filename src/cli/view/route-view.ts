import type { CanarySpec } from '../../api/canary.ts';
import { type Provider, providerOf } from '../../api/provider.ts';

/** What carries the weights, by data plane. */
const KINDS: Readonly<Record<Provider, string>> = {
  gatewayapi: 'HTTPRoute',
  istio: 'VirtualService',
  nginx: 'Ingress',
  appmesh: 'VirtualRouter',
  gloo: 'RouteTable',
};

/** Kind and name of the object that carries the weights. */
export const routeView = (spec: CanarySpec): { readonly kind: string; readonly name: string } => {
  const { routeRef, ingressRef, service, targetRef } = spec;
  const name =
    ingressRef === undefined ? (routeRef?.name ?? service.name ?? targetRef.name) : `${ingressRef.name}-canary`;
  return { kind: KINDS[providerOf(spec) ?? 'gatewayapi'], name };
};
