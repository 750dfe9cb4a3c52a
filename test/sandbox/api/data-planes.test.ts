import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { SandboxApi } from '#src/sandbox/api/sandbox-api.ts';

// Kinds of Istio, App Mesh and Gloo Edge, as their CRDs and webhooks have them.

const by = { manager: 'test' };
const object = (
  kind: string,
  spec: Readonly<Record<string, unknown>>,
  { name = 'app', apiVersion = 'networking.istio.io/v1' } = {},
): KubeObject => ({ apiVersion, kind, metadata: { namespace: 'default', name }, spec });
const APP_MESH = 'appmesh.k8s.aws/v1beta2';
const destination = (host: string, weight?: number) => ({
  destination: { host },
  ...(weight === undefined ? {} : { weight }),
});
const anApi = () => new SandboxApi({ clock: new VirtualClock() });

const aMesh = (api: SandboxApi, name = 'shop'): KubeObject => {
  const spec = { namespaceSelector: {} };
  return api.write({ apiVersion: APP_MESH, kind: 'Mesh', metadata: { name }, spec }, by);
};
const router = (weight: number, name = 'app'): KubeObject => {
  const weightedTargets = [{ virtualNodeRef: { name: 'app' }, weight }];
  const httpRoute = { match: { prefix: '/' }, action: { weightedTargets } };
  return object('VirtualRouter', { routes: [{ name: 'app', httpRoute }] }, { name, apiVersion: APP_MESH });
};

const REFUSED: readonly (readonly [what: string, object: KubeObject, words: RegExp])[] = [
  [
    'a weight below zero',
    object('VirtualService', { hosts: ['app'], http: [{ route: [destination('a', 150), destination('b', -50)] }] }),
    /^admission webhook "rev\.validation\.istio\.io" denied the request: configuration is invalid: weight -50 < 0$/,
  ],
  [
    'no weight at all for two destinations',
    object('VirtualService', { hosts: ['app'], http: [{ route: [destination('a'), destination('b')] }] }),
    /total destination weight = 0/,
  ],
  [
    'a destination without a host',
    object('VirtualService', { hosts: ['app'], http: [{ route: [{ destination: { subset: 'v1' } }] }] }),
    /spec\.http\[0\]\.route\[0\]\.destination\.host: Required value/,
  ],
  [
    'two operators at once',
    object('VirtualService', { hosts: ['app'], http: [{ match: [{ uri: { exact: '/', prefix: '/' } }], route: [] }] }),
    /spec\.http\[0\]\.match\[0\]\.uri.*oneOf/,
  ],
  [
    'every host of the mesh',
    object('VirtualService', { hosts: ['*'], http: [{ route: [destination('a')] }] }),
    /wildcard host \* is not allowed for virtual services bound to the mesh gateway/,
  ],
  ['a DestinationRule for nobody', object('DestinationRule', {}), /spec\.host: Required value/],
  ['a weight above 100', router(101), /weightedTargets\[0\]\.weight in body should be less than or equal to 100/],
  [
    'App Mesh without a mesh',
    router(1),
    /^admission webhook "mvirtualrouter\.appmesh\.k8s\.aws" denied the request: failed to find matching mesh for namespace: default, expecting 1 but found 0$/,
  ],
];

for (const [what, refused, words] of REFUSED) {
  test(`refuses ${what}`, () => {
    assert.throws(() => anApi().write(refused, by), { message: words });
  });
}

test('one destination needs no weight', () => {
  anApi().write(object('VirtualService', { hosts: ['app'], http: [{ route: [destination('app')] }] }), by);
});

test('the kinds of one name in two groups are told apart', () => {
  const api = anApi();
  aMesh(api);
  const made = [
    object('VirtualService', { hosts: ['app'], http: [{ route: [destination('app')] }] }),
    object('VirtualService', {}, { apiVersion: APP_MESH }),
    object('VirtualService', { virtualHost: {} }, { apiVersion: 'gateway.solo.io/v1' }),
    object('Gateway', { servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }] }),
    object('Gateway', { gatewayClassName: 'traefik' }, { apiVersion: 'gateway.networking.k8s.io/v1' }),
  ];
  for (const one of made) api.write(one, by);
  assert.deepEqual(
    made.map(({ apiVersion, kind }) => api.list({ apiVersion, kind }).length),
    made.map(() => 1),
  );
});

test('an object of App Mesh gets its mesh and its name in AWS, and keeps them', () => {
  const api = anApi();
  const mesh = aMesh(api);
  const stored = api.write(router(1), by);
  assert.equal(at(stored, 'spec', 'awsName'), 'app_default');
  assert.deepEqual(at(stored, 'spec', 'meshRef'), { name: 'shop', uid: mesh.metadata.uid });
  assert.equal(
    at(api.write(object('VirtualService', {}, { apiVersion: APP_MESH }), by), 'spec', 'awsName'),
    'app.default',
  );
  const renamed = { ...stored, spec: { ...Object(stored['spec']), awsName: 'other' } };
  assert.throws(() => api.write(renamed, by), {
    message: /VirtualRouter update may not change these fields: spec\.awsName/,
  });
  aMesh(api, 'second');
  assert.throws(() => api.write(router(1, 'other'), by), {
    message: /expecting 1 but found 2: second,shop|shop,second/,
  });
});

test('a status of Gloo is part of the object, and counts as a generation', () => {
  const api = anApi();
  const made = api.write(object('RouteTable', { routes: [] }, { apiVersion: 'gateway.solo.io/v1' }), by);
  assert.deepEqual(made['status'], { statuses: {} });
  const told = api.write({ ...made, status: { statuses: { 'gloo-system': { state: 'Accepted' } } } }, by);
  assert.equal(told.metadata.generation, 2);
});

test('routes of all three are lists that are replaced as a whole', () => {
  const api = anApi();
  aMesh(api);
  const apply = (body: KubeObject, plural: string, manager: string) => {
    const path = `/apis/${body.apiVersion}/namespaces/default/${plural}/app`;
    const query = { fieldManager: manager };
    const contentType = 'application/apply-patch+yaml';
    return api.handle({ method: 'PATCH', path, query, contentType, body }, { user: manager });
  };
  const services = (weight: number) =>
    object('VirtualService', { hosts: ['app'], http: [{ route: [destination('a', weight), destination('b', 100)] }] });
  const tables = (name: string) => object('RouteTable', { routes: [{ name }] }, { apiVersion: 'gateway.solo.io/v1' });
  const both = [
    [services(1), services(2), 'virtualservices', '.spec.http'],
    [router(1), router(2), 'virtualrouters', '.spec.routes'],
    [tables('a'), tables('b'), 'routetables', '.spec.routes'],
  ] as const;
  for (const [mine, theirs, plural, field] of both) {
    apply(mine, plural, 'one');
    assert.throws(() => apply(theirs, plural, 'two'), { message: new RegExp(`conflict with "one".*: \\${field}$`) });
  }
});
