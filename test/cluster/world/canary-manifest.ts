import { dump } from 'js-yaml';
import { folderOf, type Place, type Plane, routeReference } from './place.ts';

type Metric = Readonly<Record<string, unknown>>;

export const REFERENCES: Readonly<Record<Plane, string>> = {
  HTTPRoute: 'routeRef',
  Ingress: 'ingressRef',
  VirtualService: 'routeRef',
};

const BUILT_IN: readonly Metric[] = [
  { name: 'request-success-rate', thresholdRange: { min: 99 } },
  { name: 'request-duration', thresholdRange: { max: 5000 } },
];

/** Traefik counts what it sends for an Ingress under names of its own, which no built-in metric of ingress-nginx knows. */
export const METRICS: Readonly<Record<Plane, readonly Metric[]>> = {
  HTTPRoute: BUILT_IN,
  VirtualService: BUILT_IN,
  Ingress: [
    {
      name: 'errors',
      templateRef: { kind: 'ClusterAnalysisTemplate', name: 'traefik-ingress-error-rate' },
      thresholdRange: { max: 1 },
    },
  ],
};

export type CanaryOptions = {
  readonly interval?: string;
  readonly stepWeights?: readonly number[];
  readonly metrics?: readonly Metric[];
  /** Names of NotificationProviders. */
  readonly alerts?: readonly string[];
  /** Name of the Repository; without it, nothing is committed. */
  readonly repository?: string;
};

/** The Canary of an application. */
export const canaryObject = (place: Place, options: CanaryOptions = {}) => ({
  apiVersion: 'serin.dev/v1alpha1',
  kind: 'Canary',
  metadata: { name: place.app, namespace: place.namespace },
  spec: {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: place.app },
    [REFERENCES[place.plane]]: routeReference(place),
    service: { port: 80, targetPort: 'http' },
    progressDeadlineSeconds: 60,
    analysis: {
      interval: options.interval ?? '2s',
      threshold: 1,
      stepWeights: options.stepWeights ?? [5, 30, 60],
      metrics: options.metrics ?? METRICS[place.plane],
      ...(options.alerts === undefined
        ? {}
        : { alerts: options.alerts.map((name) => ({ name, providerRef: { name } })) }),
    },
    ...(options.repository === undefined
      ? {}
      : { git: { repositoryRef: { name: options.repository }, path: folderOf(place), onFailure: 'revert' } }),
  },
});

export const canaryYaml = (place: Place, options?: CanaryOptions): string => dump(canaryObject(place, options));
