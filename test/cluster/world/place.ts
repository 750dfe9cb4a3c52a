import { GATEWAY } from '../rig/platform.ts';

export type Plane = 'HTTPRoute' | 'Ingress';

/** Where one application lives, and how its users reach it. */
export type Place = {
  readonly namespace: string;
  readonly app: string;
  readonly host: string;
  readonly plane: Plane;
  readonly replicas: number;
};

export const placeOf = (options: Pick<Place, 'namespace' | 'plane'> & Partial<Place>): Place => ({
  app: 'podinfo',
  host: `${options.namespace}.example.com`,
  replicas: 3,
  ...options,
});

/** Folder of the application in its team's repository. */
export const folderOf = ({ app }: Place): string => `apps/${app}`;

export const imageOf = ({ app }: Place, version: string): string => `registry.example.com/${app}:${version}`;

/** As most people have it: with replicas, a readiness probe, and a pause before SIGTERM for the gateway to notice. */
export const deploymentYaml = (place: Place, version: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${place.app}
  namespace: ${place.namespace}
spec:
  replicas: ${place.replicas}
  selector:
    matchLabels:
      app: ${place.app}
  strategy:
    rollingUpdate:
      maxUnavailable: 0
  template:
    metadata:
      labels:
        app: ${place.app}
    spec:
      terminationGracePeriodSeconds: 20
      containers:
        - name: app
          image: ${imageOf(place, version)} # bumped by the team
          ports:
            - name: http
              containerPort: 9898
          readinessProbe:
            httpGet:
              path: /readyz
              port: http
            periodSeconds: 1
          lifecycle:
            preStop:
              sleep:
                seconds: 5
`;

export const serviceYaml = ({ app, namespace }: Place): string => `apiVersion: v1
kind: Service
metadata:
  name: ${app}
  namespace: ${namespace}
spec:
  selector:
    app: ${app}
  ports:
    - name: http
      port: 80
      targetPort: http
`;

const httpRouteYaml = ({ app, namespace, host }: Place): string => `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: ${app}
  namespace: ${namespace}
spec:
  parentRefs:
    - name: ${GATEWAY.name}
      namespace: ${GATEWAY.namespace}
  hostnames:
    - ${host}
  rules:
    - backendRefs:
        - name: ${app}
          port: 80
`;

const ingressYaml = ({ app, namespace, host }: Place): string => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${app}
  namespace: ${namespace}
spec:
  ingressClassName: nginx
  rules:
    - host: ${host}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: ${app}
                port:
                  number: 80
`;

export const routeYaml = (place: Place): string =>
  place.plane === 'HTTPRoute' ? httpRouteYaml(place) : ingressYaml(place);

/** The object that leads requests to the application. */
export const routeReference = ({ app: name, plane }: Place) =>
  plane === 'HTTPRoute'
    ? { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', name }
    : { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name };
