import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { appMesh } from '#src/traffic/app-mesh.ts';
import type { Objects, RouteOptions } from '#src/traffic/router.ts';
import { twoWay } from '#src/traffic/split.ts';
import { routeRef } from '#test/traffic/a-route.ts';
import { RouteWorld } from '#test/traffic/route-world.ts';
import { admitted, aService, theMesh, theServices } from './mesh-plane.ts';

const refWith = (options: RouteOptions) => ({ ...routeRef, gatewayRefs: [], hosts: [], options });

const problemsOf = (options: RouteOptions, objects: Objects = new RouteWorld(theServices)): readonly string[] =>
  appMesh.problems(objects, refWith(options)).map(({ where, message }) => `${where}: ${message}`);

test('a mesh that does not exist is named, where it can be seen', () => {
  const missing =
    'spec.service.meshName: Mesh dev does not exist; want one whose namespaceSelector selects namespace shop';
  assert.deepEqual(problemsOf({ meshName: 'dev' }), [missing]);
  assert.deepEqual(problemsOf({ meshName: 'dev' }, { get: () => undefined, sees: () => false }), []);
  assert.deepEqual(problemsOf({ meshName: 'prod' }, new RouteWorld([...theServices, theMesh])), []);
});

test('a mesh that App Mesh did not choose is named', () => {
  const dev: KubeObject = { ...theMesh, metadata: { name: 'dev' } };
  const world = new RouteWorld([...theServices, theMesh, dev], admitted);
  const ref = refWith({ meshName: 'dev' });
  world.write(appMesh.plan(world, ref, { split: twoWay(ref, 0) }).patches);
  assert.deepEqual(problemsOf(ref.options, world), [
    'spec.service.meshName: App Mesh has put VirtualRouter shop/podinfo into mesh prod, not dev, for good; want meshName: prod, or a namespace that Mesh dev selects',
  ]);
});

test('the port by which the mesh calls a Service must be one of its own', () => {
  const portOf = (port: number, targetPort: unknown): RouteWorld =>
    new RouteWorld([aService('podinfo', 'primary', [{ port, targetPort }])]);
  assert.deepEqual(problemsOf({}, portOf(80, 80)), []);
  assert.deepEqual(problemsOf({}, portOf(80, 9898)), [
    'spec.service.targetPort: App Mesh calls Services at the port of their pods, 9898, and they have 80 only; want service.port: 9898, or a port 9898 in Service podinfo as well',
  ]);
  assert.deepEqual(problemsOf({}, portOf(80, 'http')), [
    "spec.service.targetPort: App Mesh needs the number of the pods' port, and has its name http; want the number",
  ]);
  assert.deepEqual(problemsOf({}, new RouteWorld([])), []);
});

test('what App Mesh cannot express is told with its place', () => {
  assert.deepEqual(problemsOf({ appProtocol: 'https' }), [
    'spec.service.appProtocol: App Mesh does not speak https; want http, http2, grpc or tcp',
  ]);
  assert.deepEqual(
    problemsOf({
      match: [{ uri: { prefix: '/' }, ignoreUriCase: true }, { queryParams: { a: { regex: '1' } } }],
      retries: { retryOn: '5xx,unavailable,whim' },
    }),
    [
      'spec.service.match[0].ignoreUriCase: App Mesh cannot match by ignoreUriCase; want uri, method, scheme, headers, withoutHeaders, queryParams',
      'spec.service.match[1].queryParams.a: App Mesh cannot match it by regex; want exact',
      'spec.service.retries.retryOn: App Mesh does not retry http on unavailable, whim; want some of server-error, 5xx, gateway-error, client-error, retriable-4xx, stream-error, refused-stream, connection-error, connect-failure',
    ],
  );
  const headers = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`x-${index}`, { exact: '1' }]));
  assert.deepEqual(problemsOf({ match: [{ headers }] }), [
    'spec.service.match[0]: App Mesh matches by 10 headers and 10 query parameters at most; want fewer',
  ]);
  const match = Array.from({ length: 51 }, () => ({ uri: { prefix: '/' } }));
  assert.deepEqual(problemsOf({ match }), ['spec.service.match: App Mesh takes 50 routes, not 51; want fewer entries']);
});

test('gRPC is matched by service and method, and retried for its own reasons', () => {
  const grpc = { appProtocol: 'grpc', retries: { retryOn: 'unavailable' } };
  const good = [{ uri: { prefix: '/' } }, { uri: { prefix: '/a.B/' } }, { uri: { exact: '/a.B/C' } }];
  assert.deepEqual(problemsOf({ ...grpc, match: good }), []);
  for (const uri of [{ prefix: '/a.B' }, { prefix: '/a.B/C' }, { exact: '/a.B/' }, { exact: '/a/b/c' }]) {
    assert.deepEqual(problemsOf({ ...grpc, match: [{ uri }] }), [
      'spec.service.match[0].uri: it is no gRPC service or method; want prefix: /package.Service/ or exact: /package.Service/Method',
    ]);
  }
  assert.deepEqual(problemsOf({ ...grpc, match: [{ method: { exact: 'POST' } }] }), [
    "spec.service.match[0].method: App Mesh's gRPC routes cannot match by method; want uri, headers, withoutHeaders",
  ]);
});

test('tcp has connections only', () => {
  const options = { appProtocol: 'tcp', timeout: '1s', retries: {}, match: [{ uri: { prefix: '/' } }] };
  assert.deepEqual(problemsOf(options), [
    'spec.service.match: App Mesh has it for requests, not for tcp; want it removed',
    'spec.service.timeout: App Mesh has it for requests, not for tcp; want it removed',
    'spec.service.retries: App Mesh has it for requests, not for tcp; want it removed',
  ]);
});
