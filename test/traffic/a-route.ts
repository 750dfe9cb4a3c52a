import type { JsonRecord } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { RouteRef } from '#src/traffic/router.ts';

/** A Canary `podinfo` in namespace `shop`, behind Gateway `gateways/edge`. */
export const routeRef: RouteRef = {
  namespace: 'shop',
  service: 'podinfo',
  target: 'podinfo',
  port: 80,
  canaryUid: 'canary-1',
  gatewayRefs: [{ name: 'edge', namespace: 'gateways' }],
  hosts: ['podinfo.example.com'],
  options: {},
};

export const gateway: KubeObject = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name: 'edge', namespace: 'gateways' },
  spec: { gatewayClassName: 'traefik', listeners: [{ name: 'web', port: 80, protocol: 'HTTP' }] },
};

/** HTTPRoute `shop` as it stands in Git: its first rule leads to another service, its second to the apex. */
export const aRouteInGit = (
  options: { readonly backends?: readonly JsonRecord[]; readonly rule?: JsonRecord } = {},
): KubeObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: {
    name: 'shop',
    namespace: 'shop',
    labels: { team: 'shop' },
    annotations: { 'example.com/note': 'kept' },
  },
  spec: {
    parentRefs: [{ name: 'edge', namespace: 'gateways', sectionName: 'web' }],
    hostnames: ['podinfo.example.com'],
    rules: [
      { matches: [{ path: { type: 'PathPrefix', value: '/cart' } }], backendRefs: [{ name: 'cart', port: 8080 }] },
      {
        matches: [{ path: { type: 'PathPrefix', value: '/' } }],
        filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x-shop', value: '1' }] } }],
        timeouts: { request: '10s' },
        backendRefs: options.backends ?? [{ name: 'podinfo', port: 80 }],
        ...options.rule,
      },
    ],
  },
});

/** HTTPRoute `shop` in which several rules lead to the apex, between rules that lead elsewhere. */
export const aRouteInSeveralRules = (): KubeObject => {
  const route = aRouteInGit();
  const root = { path: { type: 'PathPrefix', value: '/' } };
  const api = { path: { type: 'PathPrefix', value: '/api' } };
  const filters = [
    { type: 'URLRewrite', urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/v1' } } },
  ];
  const podinfo = [{ name: 'podinfo', port: 80 }];
  return {
    ...route,
    spec: {
      parentRefs: [{ name: 'edge', namespace: 'gateways' }],
      rules: [
        { name: 'api', matches: [api], filters, backendRefs: podinfo },
        { matches: [{ ...root, method: 'DELETE' }], backendRefs: [{ name: 'archive', port: 80 }] },
        {
          matches: [
            { ...root, headers: [{ name: 'X-Tenant', value: 'one' }] },
            { path: { type: 'Exact', value: '/search' }, method: 'GET' },
          ],
          backendRefs: [{ name: 'podinfo', port: 8080 }],
        },
        { matches: [root], backendRefs: podinfo },
      ],
    },
  };
};

const AFFINITY = { 'nginx.ingress.kubernetes.io/affinity': 'cookie' };

/** Ingress `shop` as it stands in Git. */
export const anIngress = (annotations: Readonly<Record<string, string>> = AFFINITY): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: {
    name: 'shop',
    namespace: 'shop',
    labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop' },
    annotations: { ...annotations, 'cert-manager.io/cluster-issuer': 'letsencrypt' },
  },
  spec: {
    ingressClassName: 'nginx',
    tls: [{ hosts: ['podinfo.example.com'], secretName: 'tls' }],
    rules: [
      {
        host: 'podinfo.example.com',
        http: {
          paths: [
            { path: '/', pathType: 'Prefix', backend: { service: { name: 'podinfo', port: { number: 80 } } } },
            { path: '/cart', pathType: 'Prefix', backend: { service: { name: 'cart', port: { name: 'http' } } } },
          ],
        },
      },
      {
        host: 'cart.example.com',
        http: {
          paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'cart', port: { number: 80 } } } }],
        },
      },
    ],
  },
});
