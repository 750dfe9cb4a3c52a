import { GATEWAY } from '../../sandbox/cluster.ts';

/** Host that the demo's users call. */
export const HOST = 'podinfo.example.com';
export const NAMESPACE = 'shop';
export const APP = 'podinfo';
/** Folder of the application in the demo's repository. */
export const APP_PATH = 'apps/podinfo';

/** The images that the demo releases, and what their containers do. */
export const DEMO_IMAGES = {
  'registry.example.com/podinfo:6.0.0': {},
  'registry.example.com/podinfo:6.1.0': {},
  'registry.example.com/podinfo:6.2.0': { errorRate: 0.5 },
  'registry.example.com/podinfo:6.3.0': {},
  'registry.example.com/podinfo:6.4.0': {},
} as const;

export const deploymentYaml = (
  version: string,
): string => `# The team's own manifest: Serin edits one scalar of it, and only to take a release back.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${APP}
  namespace: ${NAMESPACE}
spec:
  selector:
    matchLabels:
      app: ${APP}
  template:
    metadata:
      labels:
        app: ${APP}
    spec:
      containers:
        - name: app
          image: registry.example.com/podinfo:${version} # bumped by the team
          ports:
            - name: http
              containerPort: 9898
`;

/** Flux leaves what carries this as the cluster has it, once it is there. */
const IF_NOT_PRESENT = 'kustomize.toolkit.fluxcd.io/ssa: IfNotPresent';

export const serviceYaml = `apiVersion: v1
kind: Service
metadata:
  name: ${APP}
  namespace: ${NAMESPACE}
  annotations:
    ${IF_NOT_PRESENT}
spec:
  selector:
    app: ${APP}
  ports:
    - name: http
      port: 80
      targetPort: http
`;

export const routeYaml = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: ${APP}
  namespace: ${NAMESPACE}
  annotations:
    ${IF_NOT_PRESENT}
spec:
  parentRefs:
    - name: ${GATEWAY.name}
      namespace: ${GATEWAY.namespace}
  hostnames:
    - ${HOST}
  rules:
    - backendRefs:
        - name: ${APP}
          port: 80
`;

export const canaryYaml = `apiVersion: serin.dev/v1alpha1
kind: Canary
metadata:
  name: ${APP}
  namespace: ${NAMESPACE}
spec:
  targetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: ${APP}
  routeRef:
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    name: ${APP}
  service:
    port: 80
    targetPort: http
  progressDeadlineSeconds: 60
  analysis:
    interval: 2s
    threshold: 1
    stepWeights: [5, 30, 60]
    metrics:
      - name: request-success-rate
        thresholdRange:
          min: 99
      - name: request-duration
        thresholdRange:
          max: 500
    alerts:
      - name: slack
        providerRef:
          name: slack
      - name: audit
        providerRef:
          name: audit
  git:
    repositoryRef:
      name: config
    path: ${APP_PATH}
    onFailure: revert
`;
