import type { CanarySpecInput } from '#src/api/canary.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { GATEWAY } from '#src/sandbox/cluster.ts';

export const HOST = 'podinfo.example.com';

export const aDeployment = (
  image: string,
  options: {
    readonly name?: string;
    readonly replicas?: number;
    /** More fields of its only container. */
    readonly container?: Readonly<Record<string, unknown>>;
  } = {},
): KubeObject => {
  const { name = 'podinfo', replicas, container } = options;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image, ports: [{ name: 'http', containerPort: 9898 }], ...container }] },
      },
    },
  };
};

export const aService = (name = 'podinfo'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 9898 }] },
});

/** A route that lives in Git and leads to the apex Service. */
export const aRoute = (name = 'podinfo', host = HOST): KubeObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name, namespace: 'shop' },
  spec: { parentRefs: [GATEWAY], hostnames: [host], rules: [{ backendRefs: [{ name, port: 80 }] }] },
});

/** An Ingress of ingress-nginx that lives in Git and leads to the apex Service. */
export const anIngress = (name = 'podinfo', host = HOST): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name, namespace: 'shop' },
  spec: {
    ingressClassName: 'nginx',
    rules: [
      {
        host,
        http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name, port: { number: 80 } } } }] },
      },
    ],
  },
});

/** Of a Canary whose traffic comes through `anIngress`. */
export const behindIngress = (name = 'podinfo'): Required<Pick<CanarySpecInput, 'ingressRef' | 'service'>> => ({
  ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name },
  service: { port: 80, targetPort: 9898 },
});

/** Of a Canary that adopts `aRoute`. */
export const adopting = (route = 'podinfo'): Required<Pick<CanarySpecInput, 'routeRef' | 'service'>> => ({
  routeRef: { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', name: route },
  service: { port: 80, targetPort: 9898 },
});

export const aCanary = (spec: Partial<CanarySpecInput> = {}, name = 'podinfo'): KubeObject => ({
  apiVersion: 'serin.dev/v1alpha1',
  kind: 'Canary',
  metadata: { name, namespace: 'shop' },
  spec: {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    service: { port: 80, targetPort: 9898, gatewayRefs: [GATEWAY], hosts: [HOST] },
    analysis: {
      interval: '5s',
      threshold: 2,
      stepWeights: [10, 50],
      metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }],
    },
    ...spec,
  },
});

export const aSecret = (name: string, content: Readonly<Record<string, string>>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'shop' },
  type: 'Opaque',
  data: Object.fromEntries(Object.entries(content).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
});

export const aConfigMap = (name: string, data: Readonly<Record<string, string>>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop' },
  data,
});

export const aRepository = (spec: Readonly<Record<string, unknown>> = {}, name = 'config'): KubeObject => ({
  apiVersion: 'serin.dev/v1alpha1',
  kind: 'Repository',
  metadata: { name, namespace: 'shop' },
  spec: { url: 'https://git.example.com/config.git', secretRef: { name: 'config-git' }, ...spec },
});

export const aReceiver = (name: string, spec: Readonly<Record<string, unknown>> = {}): KubeObject => ({
  apiVersion: 'serin.dev/v1alpha1',
  kind: 'NotificationProvider',
  metadata: { name, namespace: 'shop' },
  spec: { type: 'webhook', address: `https://${name}.example.com/hook`, ...spec },
});
