import type { StoredCanarySpec } from './canary.ts';

/** Data planes that Serin can run now. */
export const PROVIDERS = ['gatewayapi', 'nginx', 'istio', 'appmesh', 'gloo'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** Every `provider` value that is understood, with the data plane that it names. */
export const PROVIDER_NAMES: Readonly<Record<string, Provider>> = {
  gatewayapi: 'gatewayapi',
  'gatewayapi:v1': 'gatewayapi',
  nginx: 'nginx',
  istio: 'istio',
  appmesh: 'appmesh',
  'appmesh:v1beta2': 'appmesh',
  gloo: 'gloo',
};

/** The data plane that a word names; undefined when it is none that Serin can run. */
export const providerNamed = (word: string | undefined): Provider | undefined =>
  word === undefined ? undefined : PROVIDER_NAMES[word];

/** Values that Flagger knows and Serin will, or whose makers have given them up (then their successor is named). */
export const PROVIDERS_NOT_YET = [
  'apisix',
  'contour',
  'knative',
  'kubernetes',
  'kuma',
  'linkerd',
  'skipper',
  'traefik',
] as const;
export const PROVIDERS_GONE = ['gatewayapi:v1beta1', 'osm', 'smi:v1alpha1', 'smi:v1alpha2', 'smi:v1alpha3'] as const;

/** The data plane that a Canary means: its provider, else what its references tell; undefined when nothing does. */
export const providerOf = (
  spec: Pick<StoredCanarySpec, 'provider' | 'routeRef' | 'ingressRef' | 'service'>,
): Provider | undefined => {
  if (spec.provider !== undefined) return providerNamed(spec.provider);
  if (spec.routeRef?.kind === 'VirtualService') return 'istio';
  if (spec.routeRef !== undefined || (spec.service.gatewayRefs ?? []).length > 0) return 'gatewayapi';
  if (spec.ingressRef !== undefined) return 'nginx';
  return (spec.service.gateways ?? []).length > 0 ? 'istio' : undefined;
};
