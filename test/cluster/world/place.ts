import { ISTIO_GATEWAY } from '../rig/istio.ts';
import { GATEWAY } from '../rig/platform.ts';
import { PORTS } from '../rig/rig.ts';

export type Plane = 'HTTPRoute' | 'Ingress' | 'VirtualService';

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

type App = Pick<Place, 'app' | 'namespace' | 'replicas'>;

export const imageOf = ({ app }: Pick<Place, 'app'>, version: string): string =>
  `registry.example.com/${app}:${version}`;

/** As most people have it: with replicas, a readiness probe, and a pause before SIGTERM for the gateway to notice. */
export const deploymentYaml = (place: App, version: string): string => `apiVersion: apps/v1
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

/** For the users behind the gateway, and for callers in the mesh. */
const virtualServiceYaml = ({ app, namespace, host }: Place): string => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: ${app}
  namespace: ${namespace}
spec:
  gateways:
    - ${ISTIO_GATEWAY.namespace}/${ISTIO_GATEWAY.name}
    - mesh
  hosts:
    - ${host}
    - ${app}.${namespace}.svc.cluster.local
  http:
    - route:
        - destination:
            host: ${app}
            port:
              number: 80
`;

const ROUTE: Readonly<Record<Plane, (place: Place) => string>> = {
  HTTPRoute: httpRouteYaml,
  Ingress: ingressYaml,
  VirtualService: virtualServiceYaml,
};

export const routeYaml = (place: Place): string => ROUTE[place.plane](place);

const API_VERSIONS: Readonly<Record<Plane, string>> = {
  HTTPRoute: 'gateway.networking.k8s.io/v1',
  Ingress: 'networking.k8s.io/v1',
  VirtualService: 'networking.istio.io/v1',
};

/** The object that leads requests to the application. */
export const routeReference = ({ app: name, plane }: Place) => ({
  apiVersion: API_VERSIONS[plane],
  kind: plane,
  name,
});

/** Where the plane's gateway listens. */
export const gatewayPort = ({ plane }: Place): number => (plane === 'VirtualService' ? PORTS.istioWeb : PORTS.web);

/** What callers in the mesh call. */
export const meshTarget = ({ app, namespace }: Place): string => `${app}.${namespace}.svc.cluster.local:80`;
