import { appMesh } from '#src/traffic/app-mesh.ts';
import type { RouteRef } from '#src/traffic/router.ts';
import { routeRef } from '#test/traffic/a-route.ts';
import { admitted, answer, meshTraffic, theMesh, theServices } from '#test/traffic/app-mesh/mesh-plane.ts';
import { RouteWorld } from '#test/traffic/route-world.ts';
import { pinSamples } from './pin-samples.ts';
import { routerContract } from './router-contract.ts';

const ref: RouteRef = { ...routeRef, gatewayRefs: [], hosts: [] };
const pinsOf = (of: RouteRef) => pinSamples(appMesh.capabilities(new RouteWorld([]), of));

const situation = { router: appMesh, admit: admitted, edit: () => {}, answer };

routerContract({
  ...situation,
  name: "App Mesh's VirtualRouter",
  golden: 'app-mesh-http',
  ref,
  before: [theMesh, ...theServices],
  traffic: meshTraffic('/'),
  pins: pinsOf(ref),
});

const full: RouteRef = {
  ...ref,
  options: {
    appProtocol: 'kubernetes.io/h2c',
    meshName: 'prod',
    backends: ['cart', 'arn:aws:appmesh:eu-west-1:1:mesh/prod/virtualService/pay.shop'],
    timeout: '1m30s',
    retries: { attempts: 3, perTryTimeout: '500ms', retryOn: '5xx, connect-failure' },
    match: [
      { name: 'api', uri: { exact: '/api/cart' }, method: { exact: 'GET' }, headers: { 'x-shop': { regex: '.+' } } },
      { uri: { prefix: '/' }, withoutHeaders: { 'x-internal': { exact: 'yes' } } },
    ],
  },
};

routerContract({
  ...situation,
  name: "App Mesh's VirtualRouter with everything that a Canary can say of a route",
  golden: 'app-mesh-full',
  ref: full,
  before: [theMesh, ...theServices],
  traffic: meshTraffic('/', '/api/cart'),
  pins: pinsOf(full),
});

const grpc: RouteRef = {
  ...ref,
  options: {
    appProtocol: 'grpc',
    retries: { retryOn: 'unavailable' },
    match: [{ uri: { prefix: '/shop.Cart/' } }, { uri: { exact: '/shop.Pay/Start' } }],
  },
};

routerContract({
  ...situation,
  name: "App Mesh's VirtualRouter for gRPC",
  golden: 'app-mesh-grpc',
  ref: grpc,
  before: [theMesh, ...theServices],
  traffic: meshTraffic('/shop.Cart/Add', '/shop.Pay/Start'),
  pins: pinsOf(grpc),
});

routerContract({
  ...situation,
  name: "App Mesh's VirtualRouter for tcp, before the Services are there",
  golden: 'app-mesh-tcp',
  ref: { ...ref, options: { appProtocol: 'tcp' } },
  before: [],
  traffic: meshTraffic(''),
});
